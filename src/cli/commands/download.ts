/** `dst download`: fetches torrents and magnet links. */
import { Option } from 'commander';
import { join } from 'node:path';
import type { SessionOptions, SessionTorrent } from '../../app/index.ts';
import { decodeMagnet, isMagnet } from '../../app/torrent-file/index.ts';
import type { PeerAddress } from '../../base/address.ts';
import { systemClock } from '../../base/clock.ts';
import type { FileIndex } from '../../base/units.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import { parseNumber, parsePeer, parseSelection } from '../arguments.ts';
import { value, values, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { refuseTwoStdins } from '../files.ts';
import { addPeerIdentityFlags, type PeerIdentityFlags, peerIdentityOptions } from '../peer-identity-flags.ts';
import {
  addSeedFlags,
  addSessionFlags,
  seedGoal,
  sessionOptions,
  untilSeeded,
  type SeedFlags,
  type SessionFlags,
} from '../session-flags.ts';
import { untilStalled } from '../stall.ts';
import { addOpenFlags, type OpenFlags, readTorrent } from '../torrent-input.ts';
import { describeHashes, describeTorrent, shortHash } from '../torrent-json.ts';
import { identityOf } from '../transfer-events.ts';
import { runTransfers, type TransferJob } from '../transfers.ts';
import { escapeText } from '../ui/escape.ts';
import { renderFileList } from '../ui/file-list.ts';
import { formatBytes, formatDuration, formatRate } from '../ui/format.ts';

interface DownloadFlags extends SessionFlags, SeedFlags, OpenFlags, PeerIdentityFlags {
  readonly output: string;
  readonly peer?: PeerAddress[];
  readonly select?: FileIndex[];
  readonly seed?: boolean;
  readonly sequential?: true;
  readonly allocate: 'sparse' | 'full';
  readonly check?: true;
  readonly timeout?: number;
  readonly list?: true;
}

export const download: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Fetch torrents and magnet links, verify every piece, and end when all selected files are there. Stopped or interrupted, the same command continues where it was.',
      )
      .argument('<target...>', 'torrent file, sealed torrent (.dst), magnet link, or - for a torrent on stdin')
      .option('-o, --output <dir>', 'folder in which the files are saved; it is made if needed', '.')
      .option('--peer <ip:port>', 'peer to connect to; may be repeated', values(parsePeer))
      .option(
        '--select <numbers>',
        'fetch only these files, for instance 0,2,5-9; --list shows the numbers',
        value(parseSelection),
      )
      .option('--list', 'list the files with their numbers and fetch nothing')
      .option('--sequential', 'fetch pieces in order')
      .addOption(
        new Option('--allocate <how>', 'sparse: files grow as data arrives; full: claim all space first')
          .choices(['sparse', 'full'])
          .default('sparse'),
      )
      .option('--check', 'hash all data that is there, although it is known to be good')
      .option('--timeout <seconds>', 'give up when nothing has arrived for so long', value(parseNumber))
      .option('--seed', 'go on seeding when complete, until stopped')
      .option('--no-seed', 'end when complete (default)');
    addOpenFlags(command);
    addPeerIdentityFlags(command);
    addSeedFlags(command);
    addSessionFlags(command);
    command.action(perform(performDownload));
  },
};

async function performDownload(context: CommandContext, targets: string[], flags: DownloadFlags): Promise<number> {
  refuseTwoStdins(targets);
  const session = await sessionOptions(flags);
  const sources: (Metainfo | string)[] = [];
  for (const target of targets) sources.push(await readTarget(context, target, flags));
  if (flags.list === true) return await list(context, sources, flags, session);
  using identities = await peerIdentityOptions(context, flags, sources);
  const options = { ...torrentOptions(flags), ...identities.torrent };
  const jobs = sources.map((source): TransferJob => {
    return { source, options, work: async (torrent) => await fetch(context, torrent, flags) };
  });
  return await runTransfers(context, { ...session, ...identities.session }, jobs);
}

/** A bad target is told before anything is opened. */
async function readTarget(context: CommandContext, target: string, flags: DownloadFlags): Promise<Metainfo | string> {
  if (isMagnet(target)) {
    decodeMagnet(target);
    return target;
  }
  const { metainfo } = await readTorrent(context, target, flags);
  checkSelection(metainfo, flags.select);
  return metainfo;
}

function checkSelection({ info }: Metainfo, select: readonly FileIndex[] | undefined): void {
  const bad = select?.find((index) => info.files[index]?.isPad !== false);
  if (bad === undefined) return;
  throw cliError('USAGE_VALUE', `there is no file ${bad} in ${escapeText(info.name)}; ${numbersOf(info)}`);
}

/** Pads have numbers too, and are not files that anybody can choose. */
function numbersOf({ files }: Metainfo['info']): string {
  const last = files.findLastIndex(({ isPad }) => !isPad);
  const count = files.filter(({ isPad }) => !isPad).length;
  if (count > last) return `its files go from 0 to ${last}`;
  return `its ${count} files have numbers from 0 to ${last} that are not those of pads; --list shows them`;
}

function torrentOptions(flags: DownloadFlags): TransferJob['options'] {
  return {
    directory: flags.output,
    peers: flags.peer ?? [],
    isSequential: flags.sequential === true,
    allocation: flags.allocate,
    mustCheck: flags.check === true,
    ...(flags.select !== undefined && { select: flags.select }),
    ...seedGoal(flags),
  };
}

async function fetch({ output, signal }: CommandContext, torrent: SessionTorrent, flags: DownloadFlags): Promise<void> {
  const started = systemClock.now();
  await untilStalled(torrent, flags.timeout, systemClock, signal, async (limited) => {
    const isMagnetLink = torrent.metainfo === null;
    const metainfo = await torrent.metadata({ signal: limited });
    if (output.options.json) output.json({ event: 'metadata', ...describeTorrent(metainfo) });
    else if (isMagnetLink)
      output.note(`metadata is there: ${escapeText(metainfo.info.name)}, ${formatBytes(metainfo.info.totalSize)}`);
    checkSelection(metainfo, flags.select);
    await torrent.completed({ signal: limited });
  });
  const { downloaded, wantedSize, name } = torrent.status();
  const seconds = (systemClock.now() - started) / 1000;
  const path = join(flags.output, torrent.metainfo?.info.name ?? name);
  if (output.options.json) {
    output.json({ event: 'complete', ...identityOf(torrent), path, downloaded, verified: wantedSize, seconds });
  } else {
    const speed =
      downloaded === 0
        ? 'all of it was there'
        : `${formatBytes(downloaded)} in ${formatDuration(seconds)} (${formatRate(downloaded / seconds)})`;
    output.note(`${escapeText(name)}: complete and verified, ${speed}`);
    output.line(escapeText(path));
  }
  if (flags.seed ?? (flags.seedRatio !== undefined || flags.seedTime !== undefined)) await untilSeeded(torrent, signal);
}

/** Shows the files of each target; only a magnet link needs a session for it. */
async function list(
  context: CommandContext,
  sources: readonly (Metainfo | string)[],
  flags: DownloadFlags,
  session: SessionOptions,
): Promise<number> {
  const show = ({ info, infoHashes }: Metainfo): void => {
    const rows = info.files.flatMap((file, index) =>
      file.isPad ? [] : [{ index, path: file.path.join('/'), length: file.length }],
    );
    const { output } = context;
    if (output.options.json)
      output.json({
        event: 'files',
        name: info.name,
        infoHash: shortHash(infoHashes),
        ...describeHashes(infoHashes),
        files: rows,
      });
    else for (const line of renderFileList(info.name, rows)) output.line(line);
  };
  const links = sources.filter((source) => typeof source === 'string');
  for (const source of sources) if (typeof source !== 'string') show(source);
  if (links.length === 0) return 0;
  const { as: _, ...others } = flags; // Who we are is of no interest to peers of links.
  using identities = await peerIdentityOptions(context, others, links);
  const jobs = links.map((source): TransferJob => {
    const work: TransferJob['work'] = async (torrent) =>
      await untilStalled(torrent, flags.timeout, systemClock, context.signal, async (signal) =>
        show(await torrent.metadata({ signal })),
      );
    return { source, options: { ...torrentOptions(flags), ...identities.torrent, select: [] }, work };
  });
  return await runTransfers(context, session, jobs);
}
