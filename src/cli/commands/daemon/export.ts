/** `dst export`: writes torrents of the daemon and their settings into a folder. */
import type { Category, FileView, TorrentView, TrackerView } from '../../../app/client/index.ts';
import { makeFolder } from '../../../app/output-file/index.ts';
import { decodeTorrent } from '../../../app/torrent-file/index.ts';
import { messageOf } from '../../../base/errors.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import {
  type ExportedTorrent,
  type ExportedTorrents,
  isHash,
  listFile,
  torrentFile,
} from '../../daemon/exported-torrents.ts';
import { findTorrents, TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { cliError } from '../../errors.ts';
import { ExitCode } from '../../exit-codes.ts';
import { checkOutput, writeOutput } from '../../files.ts';
import { escapeText } from '../../ui/escape.ts';
import { plural } from '../../ui/format.ts';

interface ExportFlags extends DaemonFlags {
  readonly force?: true;
}

const FIELDS = ['state', 'settings', 'savePath', 'isSealed', 'hasMetadata'] as const;
type Found = Pick<TorrentView, 'hash' | 'name' | (typeof FIELDS)[number]>;

/** Priority of a file of which nothing is said. */
const NORMAL = 4;

export const exportTorrents: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Write torrents into a folder, to take them to another daemon with `dst import`: their torrent files, and torrents.json with their settings. Sealed torrents are left out: add their .dst there.',
      )
      .argument('<folder>', 'it is made when it is not there')
      .argument('[torrents...]', `${TORRENT_HELP} (default)`)
      .option('-f, --force', 'replace an earlier export');
    addDaemonFlags(command);
    command.action(perform(performExport));
  },
};

async function performExport(
  context: CommandContext,
  folder: string,
  names: readonly string[],
  flags: ExportFlags,
): Promise<number> {
  const { output } = context;
  const mayReplace = flags.force === true;
  const client = await connect(context, flags);
  const found = await findTorrents(client, names.length === 0 ? ['all'] : names, FIELDS);
  if (!found.every(({ hash }) => isHash(hash))) {
    throw cliError('DAEMON_UNREACHABLE', 'what answers is no daemon of this program: it names torrents otherwise');
  }
  // Torrent files have the passkeys of private trackers.
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    throw cliError('OUTPUT_UNWRITABLE', `${folder} could not be made: ${messageOf(cause)}`, { cause });
  }
  await checkOutput(listFile(folder), mayReplace);
  const torrents: ExportedTorrent[] = [];
  for (const torrent of found.filter(({ isSealed }) => !isSealed)) {
    const bytes = torrent.hasMetadata ? await client.bytes(`/torrents/${torrent.hash}/metainfo`) : null;
    // What a broken attempt has left is as good as new.
    if (bytes !== null) await writeOutput(output, torrentFile(folder, torrent.hash), bytes, true);
    torrents.push(await describe(client, torrent, bytes));
  }
  const { items } = await client.call<{ items: Category[] }>('/categories');
  const categories = items.filter(({ name }) => torrents.some(({ settings }) => settings.category === name));
  const list: ExportedTorrents = { version: 1, categories, torrents };
  await writeOutput(output, listFile(folder), Buffer.from(`${JSON.stringify(list, null, 2)}\n`), mayReplace);
  return tell(
    context,
    torrents.length,
    found.filter(({ isSealed }) => isSealed),
  );
}

async function describe(client: DaemonClient, torrent: Found, bytes: Uint8Array | null): Promise<ExportedTorrent> {
  const { hash, name, savePath, settings, state } = torrent;
  const path = `/torrents/${hash}`;
  const trackers = (await client.call<{ items: TrackerView[] }>(`${path}/trackers`)).items;
  const tiers: string[][] = [];
  for (const { tier, url } of trackers) (tiers[tier] ??= []).push(url);
  const described = { hash, name, savePath, isStopped: state === 'stopped', settings, trackers: tiers.filter(Boolean) };
  if (bytes === null) {
    const { magnetLink } = await client.call<{ magnetLink: string }>(path);
    return { ...described, magnet: magnetLink };
  }
  const files = (await client.call<{ items: FileView[] }>(`${path}/files`)).items;
  return { ...described, ...choicesOf(files, bytes) };
}

/** What of the files is not as it is by default. */
function choicesOf(files: readonly FileView[], bytes: Uint8Array): Pick<ExportedTorrent, 'priorities' | 'paths'> {
  const { info } = decodeTorrent(bytes);
  const priorities = files.filter(({ priority }) => priority !== NORMAL);
  const renamed = files.filter(({ index, path }) => path !== info.files[index]?.path.join('/'));
  return {
    ...(priorities.length > 0 && {
      priorities: Object.fromEntries(priorities.map(({ index, priority }) => [index, priority])),
    }),
    ...(renamed.length > 0 && { paths: Object.fromEntries(renamed.map(({ index, path }) => [index, path])) }),
  };
}

/** What is left out is not taken along: scripts see it by the exit code. */
function tell({ output }: CommandContext, exported: number, leftOut: readonly Found[]): number {
  if (output.options.json) {
    output.json({ exported, leftOut: leftOut.map(({ hash, name }) => ({ hash, name, reason: 'sealed' })) });
  }
  output.note(`exported: ${plural(exported, 'torrent')}`);
  for (const { name } of leftOut) output.warn(`${escapeText(name)} is sealed and left out; add its .dst elsewhere`);
  return leftOut.length > 0 ? ExitCode.incomplete : ExitCode.ok;
}
