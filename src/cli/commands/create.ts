/** `dst create`: makes a torrent of a file or folder. */
import { Option } from 'commander';
import { basename, resolve } from 'node:path';
import { createSealedTorrent, type TransportPolicy } from '../../app/sealed-torrent/index.ts';
import {
  createTorrent,
  type CreateOptions,
  type SkippedFile,
  type TorrentFormat,
} from '../../app/torrent-creation/index.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import { systemClock } from '../../base/clock.ts';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
import { clientName } from '../../base/version.ts';
import { parseCount, parseNode, parsePositive, parseSize, parseTier, parseWebSeed } from '../arguments.ts';
import { value, values, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { checkOutput, outputPath, writeOutput } from '../files.ts';
import { openOwnKey } from '../own-keys.ts';
import { recipientsOf } from '../recipients.ts';
import { describeTorrent, namedHashes } from '../torrent-json.ts';
import { escapeText } from '../ui/escape.ts';
import { formatBytes, plural } from '../ui/format.ts';
import { HashView } from '../ui/hash-view.ts';
import { Ticker } from '../ui/ticker.ts';

interface CreateFlags {
  readonly output?: string;
  readonly v1?: true;
  readonly v2?: true;
  readonly hybrid?: true;
  readonly pieceLength?: ByteCount;
  readonly private?: true;
  readonly source?: string;
  readonly tracker?: string[][];
  readonly webSeed?: string[];
  readonly node?: (readonly [string, number])[];
  readonly comment?: string;
  readonly name?: string;
  readonly date?: UnixSeconds | false;
  readonly createdBy: boolean;
  readonly followSymlinks?: true;
  readonly threads?: number;
  readonly sealTo?: string[];
  readonly passphrase?: true;
  readonly passphraseFile?: string;
  readonly rsa?: true;
  readonly classical?: true;
  readonly sign?: string;
  readonly keyPassphraseFile?: string;
  readonly transport?: TransportPolicy;
  readonly carrier?: string;
  readonly force?: true;
}

/** What becomes a file: a torrent, or a sealed one and the torrent of its carrier. */
interface Created {
  readonly bytes: Uint8Array;
  readonly carrier: Uint8Array | null;
  readonly metainfo: Metainfo;
  readonly skipped: readonly SkippedFile[];
}

export const create: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Make a torrent of a file or folder. Without a format flag it is a v1 torrent, which every client and tracker takes.',
      )
      .argument('<path>', 'the file or folder; all files in it are taken, hidden ones too, in the order of their names')
      .option(
        '-o, --output <file>',
        'where the torrent goes: a file, a folder, or - for stdout (default: NAME.torrent)',
      )
      .addOption(new Option('--v1', 'v1 torrent: SHA-1 pieces (default)').conflicts(['v2', 'hybrid']))
      .addOption(new Option('--v2', 'v2 torrent: SHA-256 trees, newer clients only').conflicts(['v1', 'hybrid']))
      .addOption(new Option('--hybrid', 'both in one: old clients see v1, newer ones v2').conflicts(['v1', 'v2']))
      .option('-l, --piece-length <size>', 'piece length, a power of two from 16K (default: by size)', value(parseSize))
      .option('-p, --private', 'private torrent: peers come from its trackers only (BEP 27)')
      .option('-s, --source <text>', 'source tag; makes the info hash differ from that of the same files elsewhere')
      .option('-t, --tracker <urls>', 'tracker; repeat for more tiers, commas within a tier', values(parseTier))
      .option('-w, --web-seed <url>', 'HTTP source of the data (BEP 19); may be repeated', values(parseWebSeed))
      .option('--node <host:port>', 'DHT node for a torrent without tracker; may be repeated', values(parseNode))
      .option('-c, --comment <text>', 'comment')
      .option('-n, --name <name>', 'name of the torrent (default: name of the file or folder)')
      .option(
        '--date <unix>',
        'creation date, seconds since 1970 (default: $SOURCE_DATE_EPOCH, else now)',
        value(parseCount),
      )
      .option('--no-date', 'leave the creation date out: the same input gives the same bytes')
      .option('--no-created-by', 'leave out which program made the torrent')
      .option('--follow-symlinks', 'take what symbolic links point to (default: leave links out and say so)')
      .option('--threads <n>', 'threads for hashing (default: all cores)', value(parsePositive))
      .option(
        '--seal-to <key>',
        'make a sealed torrent (.dst) for this recipient: a public key file, a name in the key folder, or age1…; may be repeated',
        values(String),
      )
      .option('--passphrase', 'make a sealed torrent for everybody who knows a passphrase, which is asked for')
      .option('--passphrase-file <file>', 'the same, with the passphrase in a file')
      .option('--rsa', 'sealed for the RSA-4096 and ML-KEM-768 keys of the recipients')
      .option('--classical', 'permit recipients who have an RSA key alone, which quantum computers will break')
      .option('--sign <key>', 'sign the sealed torrent with this private key')
      .option('--key-passphrase-file <file>', 'file with the passphrase of the key that signs')
      .addOption(
        new Option(
          '--transport <policy>',
          'connections between those who can read it: prefer secure ones (default), required, or off',
        ).choices(['prefer', 'required', 'off']),
      )
      .option('--carrier <file>', 'write besides a torrent for those who help to share what they cannot read')
      .option('-f, --force', 'replace the output file if it exists')
      .action(perform(performCreate));
  },
};

async function performCreate(context: CommandContext, path: string, flags: CreateFlags): Promise<void> {
  const { output } = context;
  if (flags.output === '-' && output.options.json) {
    throw cliError('USAGE', '--json and -o - both want standard output');
  }
  checkSealing(flags);
  const name = flags.name ?? basename(resolve(path));
  const target = await outputPath(flags.output, `${name.replaceAll('/', '_')}.${isSealing(flags) ? 'dst' : 'torrent'}`);
  const mayReplace = flags.force === true;
  await checkOutput(target, mayReplace);
  if (flags.carrier !== undefined) await checkOutput(flags.carrier, mayReplace);
  const created = await makeTorrent(context, path, target, flags);
  for (const { path: left, reason } of created.skipped) output.warn(`left out: ${escapeText(left)} (${reason})`);
  await writeOutput(output, target, created.bytes, mayReplace);
  if (flags.carrier !== undefined && created.carrier !== null) {
    await writeOutput(output, flags.carrier, created.carrier, mayReplace);
  }
  await tell(context, target, created);
}

const isSealing = ({ sealTo, passphrase, passphraseFile }: CreateFlags): boolean =>
  sealTo !== undefined || passphrase === true || passphraseFile !== undefined;

function checkSealing(flags: CreateFlags): void {
  const hasPassphrase = flags.passphrase === true || flags.passphraseFile !== undefined;
  if (flags.sealTo !== undefined && hasPassphrase) throw cliError('USAGE', 'give either --seal-to or --passphrase');
  if (isSealing(flags)) return;
  const idle = (['sign', 'transport', 'carrier', 'rsa', 'classical'] as const).find(
    (flag) => flags[flag] !== undefined,
  );
  if (idle !== undefined) throw cliError('USAGE', `--${idle} is for sealed torrents: give --seal-to or --passphrase`);
}

/** Keys and passphrases are asked for before hours of hashing. */
async function makeTorrent(
  context: CommandContext,
  path: string,
  target: string,
  flags: CreateFlags,
): Promise<Created> {
  if (!isSealing(flags)) {
    const created = await hash(context, target, flags, (options) =>
      createTorrent(path, { format: formatOf(flags) ?? 'v1', ...options }),
    );
    return { ...created, carrier: null };
  }
  const named = await recipientsOf('dst', target, { ...flags, to: flags.sealTo });
  using signer = flags.sign === undefined ? null : await openOwnKey(context, flags.sign, flags.keyPassphraseFile);
  const format = formatOf(flags);
  const sealing = {
    recipients: named.map(({ recipient }) => recipient),
    signer: signer?.signer ?? null,
    ...(flags.transport !== undefined && { transport: flags.transport }),
    ...(format !== undefined && { format }),
  };
  return await hash(context, target, flags, (options) => createSealedTorrent(path, { ...options, ...sealing }));
}

/** Makes the torrent and shows progress meanwhile. */
async function hash<T>(
  context: CommandContext,
  target: string,
  flags: CreateFlags,
  make: (options: CreateOptions) => Promise<T>,
): Promise<T> {
  const { output, signal } = context;
  const view = new HashView('Hashing', output.barStyle, systemClock);
  using _ticker = new Ticker(output, view, systemClock);
  return await make({
    isPrivate: flags.private === true,
    trackers: flags.tracker ?? [],
    webSeeds: flags.webSeed ?? [],
    nodes: flags.node ?? [],
    createdBy: flags.createdBy ? clientName : null,
    creationDate: dateOf(flags.date),
    followSymlinks: flags.followSymlinks === true,
    ...(flags.pieceLength !== undefined && { pieceLength: flags.pieceLength }),
    ...(flags.source !== undefined && { source: flags.source }),
    ...(flags.comment !== undefined && { comment: flags.comment }),
    ...(flags.name !== undefined && { name: flags.name }),
    ...(flags.threads !== undefined && { threads: flags.threads }),
    ...(target !== '-' && { exclude: target }),
    onProgress: (done, total) => view.update(done, total),
    signal,
  });
}

function formatOf(flags: CreateFlags): TorrentFormat | undefined {
  if (flags.v2 === true) return 'v2';
  if (flags.hybrid === true) return 'hybrid';
  return flags.v1 === true ? 'v1' : undefined;
}

function dateOf(date: UnixSeconds | false | undefined): UnixSeconds | null {
  if (date === false) return null;
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  return date ?? (epoch !== undefined && /^\d+$/.test(epoch) ? Number(epoch) : systemClock.wall());
}

async function tell({ output }: CommandContext, target: string, { metainfo }: Created): Promise<void> {
  const { info } = metainfo;
  if (output.options.json) {
    const { encodeMagnet, magnetOf } = await import('../../app/torrent-file/index.ts');
    output.json({ path: target, ...describeTorrent(metainfo), magnet: encodeMagnet(magnetOf(metainfo)) });
    return;
  }
  const files = info.files.filter((file) => !file.isPad).length;
  output.note(
    `${escapeText(info.name)}: ${formatBytes(info.totalSize)} in ${plural(files, 'file')}, ${plural(info.pieceCount, 'piece')} of ${formatBytes(info.pieceLength)}`,
  );
  for (const line of namedHashes(metainfo.infoHashes)) output.note(line);
  if (target !== '-') output.line(target);
}
