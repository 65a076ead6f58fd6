/** What `dst daemon` does: runs the client until it is told to stop. */
import { dirname } from 'node:path';
import { type ClientConfig, clientConfig, type ConfigSources, loadConfig } from '../app/config/index.ts';
import { Daemon } from '../app/daemon/index.ts';
import { createLog } from '../app/observability/index.ts';
import { makeFolder } from '../app/output-file/index.ts';
import { configFile } from '../app/paths/index.ts';
import { endLoading, loadFast } from '../app/runtime/index.ts';
import { addressKey } from '../base/address.ts';
import { systemClock } from '../base/clock.ts';
import type { CommandContext } from './command.ts';
import { outputLogger } from './ui/output-logger.ts';
import type { Output } from './ui/output.ts';

export interface DaemonFlags {
  readonly config?: string;
  readonly downloads?: string;
  readonly data?: string;
  readonly apiPort?: number;
  readonly apiBind?: string[];
  readonly socket?: string;
  readonly port?: number;
  readonly bind?: string[];
  readonly interface?: string;
  readonly log?: 'text' | 'json';
}

/** A file that is named has to be there; the usual one may be. */
function sourcesOf(flags: DaemonFlags): ConfigSources<ClientConfig> & { readonly file: string } {
  return {
    file: flags.config ?? configFile(),
    isFileOptional: flags.config === undefined,
    env: process.env,
    flags: {
      downloads: flags.downloads,
      data: flags.data,
      api: { port: flags.apiPort, bind: flags.apiBind, socket: flags.socket },
      peers: { port: flags.port, bind: flags.bind, interface: flags.interface },
    },
  };
}

export async function runDaemon({ output, signal, onReload }: CommandContext, flags: DaemonFlags): Promise<void> {
  const isText = (flags.log ?? (process.stderr.isTTY ? 'text' : 'json')) === 'text';
  const log = isText ? null : createLog({ level: 'info', destination: 2, showsAddresses: false });
  output.log = log;
  const sources = sourcesOf(flags);
  // The usual folder has to be there for changes of its file to be noticed; where it cannot be made, so can no file.
  if (flags.config === undefined) tryToMake(dirname(sources.file));
  const loaded = await loadConfig(clientConfig, sources);
  const logger = log ?? outputLogger(output);
  const begun = systemClock.now();
  const ending = new AbortController();
  {
    const start = (): Promise<Daemon> =>
      Daemon.start({
        loaded,
        sources,
        logger,
        onShutDown: () => ending.abort(),
        onSettings: ({ logLevel }) => log?.setLevel(logLevel),
      });
    await using daemon = await loadFast(start);
    onReload(() => void daemon.reload());
    endLoading();
    tellStart(output, daemon);
    logger.info('started', { torrents: daemon.client.torrents.size, ms: Math.round(systemClock.now() - begun) });
    await untilAborted(AbortSignal.any([signal, ending.signal]));
  }
  logger.info('stopped', { seconds: Math.round((systemClock.now() - begun) / 1000) });
}

function tryToMake(folder: string): void {
  try {
    makeFolder(folder, 0o700);
  } catch {
    // The daemon runs without it.
  }
}

function tellStart(output: Output, { addresses, isTls, socket, firstUser, recovered }: Daemon): void {
  const scheme = isTls ? 'https' : 'http';
  const urls = addresses.map((address) => `${scheme}://${addressKey(address)}`);
  if (output.options.json) {
    output.json({ event: 'listening', urls, socket, ...(firstUser !== null && { firstUser }), recovered });
    return;
  }
  for (const url of urls) output.line(url);
  output.line(`socket    ${socket}`);
  if (firstUser !== null) {
    output.line(`User      ${firstUser.name}`);
    output.line(`Password  ${firstUser.password}   (told only now; dst user passwd ${firstUser.name} sets another)`);
  }
  // A log in JSON has no other lines.
  if (output.log !== null) return;
  output.note('In another terminal: dst add FILE|LINK · dst ls · dst top · dst help · Ctrl-C here stops the daemon');
}

/** The signal may have come while the daemon started. */
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
