/** Flags of the session and of seeding, the same for `download` and `seed`. */
import type { Command } from 'commander';
import type { AddOptions, SessionOptions, SessionTorrent } from '../app/index.ts';
import type { BytesPerSecond } from '../base/units.ts';
import { parseBindAddress, parseNumber, parsePort, parsePositive, parseRate } from './arguments.ts';
import { value, values } from './command.ts';
import { cliError } from './errors.ts';
import { addPeerTlsFlags, type PeerTlsFlags, peerTlsOptions } from './peer-tls-flags.ts';

export interface SessionFlags extends PeerTlsFlags {
  readonly port?: number;
  readonly bind?: string[];
  readonly interface?: string;
  readonly nameServer?: string[];
  readonly downLimit?: BytesPerSecond;
  readonly upLimit?: BytesPerSecond;
  readonly maxPeers?: number;
  readonly encryption?: SessionOptions['encryption'];
  readonly trackers: boolean;
}

const policies: readonly NonNullable<SessionOptions['encryption']>[] = ['prefer', 'required', 'plaintext'];

export interface SeedFlags {
  readonly seedRatio?: number;
  readonly seedTime?: number;
}

export function addSessionFlags(command: Command): void {
  command
    .option('--port <port>', 'port on which peers are accepted (default: any free one)', value(parsePort))
    .option('--bind <ip>', 'address to listen on and to connect from; may be repeated', values(parseBindAddress))
    .addOption(
      command
        .createOption('--interface <name>', 'network interface, such as wg0: everything leaves by it or not at all')
        .conflicts('bind'),
    )
    .option('--name-server <ip>', 'name server to ask with --interface; may be repeated', values(parseBindAddress))
    .option('--down-limit <rate>', 'bytes per second, for instance 500K or 1.5M', value(parseRate))
    .option('--up-limit <rate>', 'bytes per second, for instance 500K or 1.5M', value(parseRate))
    .option('--max-peers <n>', 'most connections', value(parsePositive))
    .addOption(
      command
        .createOption('--encryption <policy>', 'of connections: prefer (default), required or plaintext')
        .choices(policies),
    )
    .option('--no-trackers', 'do not ask trackers');
  addPeerTlsFlags(command);
}

export function addSeedFlags(command: Command): void {
  command
    .option('--seed-ratio <ratio>', 'seed until this many times the size is uploaded', value(parseNumber))
    .option('--seed-time <minutes>', 'seed for so many minutes', value(parseNumber));
}

export async function sessionOptions(flags: SessionFlags): Promise<SessionOptions> {
  if (flags.nameServer !== undefined && flags.interface === undefined) {
    throw cliError('USAGE', '--name-server is for --interface, which is not given');
  }
  return {
    ...(await peerTlsOptions(flags)),
    useTrackers: flags.trackers,
    ...(flags.port !== undefined && { port: flags.port }),
    ...(flags.bind !== undefined && { bind: flags.bind }),
    ...(flags.interface !== undefined && { interface: flags.interface }),
    ...(flags.nameServer !== undefined && { nameServers: flags.nameServer }),
    ...(flags.downLimit !== undefined && { downloadLimit: flags.downLimit }),
    ...(flags.upLimit !== undefined && { uploadLimit: flags.upLimit }),
    ...(flags.maxPeers !== undefined && { maxConnections: flags.maxPeers }),
    ...(flags.encryption !== undefined && { encryption: flags.encryption }),
  };
}

/** When seeding ends by itself; whichever is reached first. */
export function seedGoal(flags: SeedFlags): Pick<AddOptions, 'seedRatio' | 'seedTime'> {
  return {
    ...(flags.seedRatio !== undefined && { seedRatio: flags.seedRatio }),
    ...(flags.seedTime !== undefined && { seedTime: flags.seedTime * 60_000 }),
  };
}

/** Resolves when the seed goal is reached; rejects when the torrent fails or the signal aborts. */
export function untilSeeded(torrent: SessionTorrent, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const settle = (act: () => void): void => {
      end.abort();
      act();
    };
    const look = ({ state } = torrent.status()): void => {
      if (state.kind === 'failed') settle(() => reject(state.error));
      if (state.kind === 'paused' || state.kind === 'closed') settle(resolve);
    };
    if (signal.aborted) return reject(signal.reason as Error);
    signal.addEventListener('abort', () => settle(() => reject(signal.reason as Error)), { signal: end.signal });
    torrent.on('state', () => look(), { signal: end.signal });
    look();
  });
}
