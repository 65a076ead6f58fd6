/** `dst tracker`: a tracker for HTTP, UDP and WebTorrent's WebSockets. */
import { Argument, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseSwarmsUrl, stateDirectory, trackerRecord, TrackerServer } from '../../app/tracker-server/index.ts';
import { addressKey } from '../../base/address.ts';
import { scopeOf } from '../../base/address-scope.ts';
import { fromHex } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import type { ByteCount } from '../../base/units.ts';
import { parseBindAddress, parseCidr, parseInterval, parsePort, parsePositive, parseSize } from '../arguments.ts';
import { value, values, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { formatBytes, plural } from '../ui/format.ts';
import type { Output } from '../ui/output.ts';
import { type ProgressView, Ticker } from '../ui/ticker.ts';

/** May hold the address of the shared swarms, with its password: arguments can be seen by every user of a machine. */
const SWARMS_VARIABLE = 'DST_SWARMS';

interface TrackerFlags {
  readonly port: number;
  readonly bind?: string[];
  readonly threads?: number;
  readonly memory: ByteCount;
  readonly interval: number;
  readonly allowPrivate?: true;
  readonly peersPerAddress: number;
  readonly trustProxy?: string[];
  readonly data?: string;
  readonly database?: string;
  readonly swarms?: string;
  readonly udpKey?: string;
}

export const tracker: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Run a tracker: announce and scrape over HTTP, UDP and WebSocket, all in the same swarms.')
      .addArgument(
        new Argument('[action]', 'dns: print the DNS record that tells clients its ports (BEP 34), and end').choices([
          'dns',
        ]),
      )
      .option('--port <port>', 'port of HTTP, WebSocket and UDP', value(parsePort), 6969)
      .option('--bind <ip>', 'address to listen on; may be repeated (default: all)', values(parseBindAddress))
      .option('--threads <n>', 'threads that answer (default: one a core)', value(parsePositive))
      .addOption(
        new Option('--memory <size>', 'most memory for swarms and peers')
          .argParser(value(parseSize))
          .default(256 * 1024 * 1024, '256M'),
      )
      .option('--interval <seconds>', 'time between two announces of a client', value(parseInterval), 1800)
      .option(
        '--allow-private',
        'take peers of private addresses too (default when it listens on private addresses only)',
      )
      .option('--peers-per-address <n>', 'most peers of one address', value(parsePositive), 5000)
      .option('--trust-proxy <cidr>', 'proxy whose X-Forwarded-For is believed; may be repeated', values(parseCidr))
      .option('--data <dir>', 'folder for what the tracker keeps (default: in the state folder of the user)')
      .option('--database <url>', 'database: a file, or postgres://… (default: a file in the data folder)')
      .addOption(
        new Option('--swarms <url>', 'Redis or Valkey that holds the swarms, shared by several trackers').env(
          SWARMS_VARIABLE,
        ),
      )
      .option('--udp-key <file>', 'file with 32 hexadecimal digits: trackers of one name share it')
      .action(perform(performTracker));
  },
};

async function performTracker(
  { output, signal }: CommandContext,
  action: 'dns' | undefined,
  flags: TrackerFlags,
): Promise<void> {
  if (action === 'dns') {
    tellRecord(output, flags.port);
    return;
  }
  await using server = await TrackerServer.start({
    port: flags.port,
    threads: flags.threads ?? availableParallelism(),
    memory: flags.memory,
    peersPerAddress: flags.peersPerAddress,
    rules: {
      interval: flags.interval,
      minInterval: Math.ceil(flags.interval / 6),
      allowsPrivate: flags.allowPrivate ?? isPrivate(flags.bind),
    },
    directory: flags.data ?? join(stateDirectory(), 'tracker'),
    ...(flags.database !== undefined && { database: flags.database }),
    ...(flags.bind !== undefined && { bind: flags.bind }),
    ...(flags.trustProxy !== undefined && { trustedProxies: flags.trustProxy }),
    ...(flags.swarms !== undefined && { swarms: parseSwarms(flags.swarms) }),
    ...(flags.udpKey !== undefined && { udpKey: await readUdpKey(flags.udpKey) }),
  });
  const urls = server.listening.flatMap((address) => [
    `http://${addressKey(address)}/announce`,
    `udp://${addressKey(address)}`,
    `ws://${addressKey(address)}/announce`,
  ]);
  if (output.options.json) output.json({ event: 'listening', urls });
  else for (const url of urls) output.line(url);
  using _ticker = new Ticker(output, new TrackerView(server), systemClock);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Never says what was given, as the parser of flags would: there may be a password in it. */
function parseSwarms(text: string): string {
  if (parseSwarmsUrl(text) !== null) return text;
  const forms = 'redis://HOST[:PORT][/DATABASE], rediss://… or redis+unix:///PATH';
  throw cliError('USAGE_VALUE', `this is not the address of a Redis server; write it as ${forms}`);
}

async function readUdpKey(path: string): Promise<Uint8Array> {
  let text: string;
  try {
    text = (await readFile(path, 'latin1')).trim();
  } catch (cause) {
    throw cliError('INPUT_UNREADABLE', `${path} cannot be read`, { cause });
  }
  const key = /^[0-9a-f]{32}$/i.test(text) ? fromHex(text) : null;
  if (key !== null) return key;
  throw cliError(
    'USAGE_VALUE',
    `${path} must hold 32 hexadecimal digits and nothing else, as of: openssl rand -hex 16`,
  );
}

/** Clients try the ports in the order of the record: UDP costs both sides least. */
function tellRecord(output: Output, port: number): void {
  if (port === 0) throw cliError('USAGE_VALUE', 'a record cannot name port 0; give the port of the tracker');
  const record = trackerRecord(port);
  if (output.options.json) output.json({ type: 'TXT', value: record });
  else output.line(record);
  output.note(`In a zone file, for the host name of the tracker: tracker.example.org. 3600 IN TXT "${record}"`);
}

/** A tracker that can be reached from one network or one machine only serves just that. */
function isPrivate(bind: readonly string[] = []): boolean {
  return bind.length > 0 && bind.every((host) => ['private', 'link-local', 'loopback'].includes(scopeOf(host)));
}

class TrackerView implements ProgressView {
  readonly #server: TrackerServer;

  constructor(server: TrackerServer) {
    this.#server = server;
  }

  drawing(): string[] {
    return this.lines();
  }

  lines(): string[] {
    const { swarms, peers4, peers6, used } = this.#server.status().use;
    return [`${plural(swarms, 'swarm')}, ${plural(peers4 + peers6, 'peer')}, ${formatBytes(used)} of memory used`];
  }

  events(): object[] {
    return [{ event: 'use', ...this.#server.status().use }];
  }
}
