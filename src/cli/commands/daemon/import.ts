/** `dst import`: adds to the daemon what `dst export` has written. */
import type { Category, TorrentView, TrackerView } from '../../../app/client/index.ts';
import { codeOf } from '../../../base/errors.ts';
import { type CommandContext, type CommandDefinition, values } from '../../command.ts';
import { parseMapping } from '../../arguments.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { type ExportedTorrent, readExported, torrentFile } from '../../daemon/exported-torrents.ts';
import { ExitCode, exitCodeOf } from '../../exit-codes.ts';
import { readInput } from '../../files.ts';
import { reportError } from '../../report-error.ts';
import { errorEvent } from '../../transfer-events.ts';
import { escapeText } from '../../ui/escape.ts';

interface ImportFlags extends DaemonFlags {
  readonly paused?: true;
  readonly skipCheck?: true;
  readonly map?: (readonly [from: string, to: string])[];
}

/** What to do when a save path is none that the daemon may use. */
const OUTSIDE =
  'Let its save path lead to another folder: `--map OLD=NEW`. Or name all folders that the daemon may use in `api.roots`: `dst config set api.roots ~/Downloads /srv/films`.';

interface Added {
  readonly torrent: TorrentView;
  readonly isDuplicate: boolean;
}

export const importTorrents: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Add what `dst export` has written, with all settings and in the same order. Torrents that were stopped are stopped, others run. What is there already stays as it is. Copy the data first, or check that the save paths lead to it.',
      )
      .argument('<folder>', 'folder of an export')
      .option('--paused', 'add them all stopped')
      .option('--skip-check', 'believe by the sizes that data which is there is good')
      .option(
        '--map <old=new>',
        'save paths that begin with one folder lead to another; may be repeated',
        values(parseMapping),
      );
    addDaemonFlags(command);
    command.action(perform(performImport));
  },
};

async function performImport(context: CommandContext, folder: string, flags: ImportFlags): Promise<number> {
  const { output } = context;
  const { categories, torrents } = await readExported(folder);
  const client = await connect(context, flags);
  await addCategories(client, categories, flags);
  let exitCode: number = ExitCode.ok;
  for (const exported of torrents) {
    try {
      tell(context, await addExported(client, folder, exported, flags));
    } catch (error) {
      exitCode ||= exitCodeOf(error);
      // Nobody to add anything to: it is the same with the next one.
      if (exitCode === ExitCode.daemon) throw error;
      if (output.options.json) output.json(errorEvent(error, null));
      const help = codeOf(error) === 'CLIENT_PATH_REFUSED' ? { help: OUTSIDE } : {};
      await reportError(output, error, { isTold: true, subject: escapeText(exported.name), ...help });
    }
  }
  return exitCode;
}

/** Categories that are there already stay as they are. */
async function addCategories(client: DaemonClient, wanted: readonly Category[], flags: ImportFlags): Promise<void> {
  const { items } = await client.call<{ items: Category[] }>('/categories');
  for (const { name, savePath } of wanted) {
    if (items.some((known) => known.name === name)) continue;
    const path = `/categories/${encodeURIComponent(name)}`;
    await client.call(path, { method: 'PUT', body: { savePath: mapped(savePath, flags) } });
  }
}

async function addExported(
  client: DaemonClient,
  folder: string,
  exported: ExportedTorrent,
  flags: ImportFlags,
): Promise<Added> {
  const { hash, name, magnet, savePath, isStopped, settings, trackers, priorities, paths } = exported;
  const source =
    magnet !== undefined
      ? { magnet }
      : { torrent: Buffer.from(await readInput(torrentFile(folder, hash))).toString('base64') };
  const body = {
    ...source,
    savePath: mapped(savePath, flags),
    isStopped: flags.paused === true || isStopped,
    isCheckSkipped: flags.skipCheck === true,
    settings,
    priorities,
    paths,
  };
  const added = await client.call<Added>('/torrents', { method: 'POST', body });
  if (added.isDuplicate) return added;
  const path = `/torrents/${added.torrent.hash}`;
  if (added.torrent.name !== name) await client.call(path, { method: 'PATCH', body: { name } });
  const { items } = await client.call<{ items: TrackerView[] }>(`${path}/trackers`);
  const isSame = JSON.stringify(items.map(({ tier, url }) => [tier, url])) === JSON.stringify(flat(trackers));
  if (!isSame) await client.call(`${path}/trackers`, { method: 'PUT', body: { tiers: trackers } });
  return { ...added, torrent: { ...added.torrent, name } };
}

const flat = (tiers: ExportedTorrent['trackers']): [number, string][] =>
  tiers.flatMap((urls, tier) => urls.map((url): [number, string] => [tier, url]));

/** The first mapping whose folder it is in counts. */
function mapped(path: string, { map = [] }: ImportFlags): string {
  const slashed = (folder: string): string => folder.replace(/\/?$/, '/');
  const found = map.find(([from]) => slashed(path).startsWith(slashed(from)));
  if (found === undefined) return path;
  const rest = path.slice(slashed(found[0]).length);
  return rest === '' ? found[1] : slashed(found[1]) + rest;
}

function tell({ output }: CommandContext, { torrent, isDuplicate }: Added): void {
  if (output.options.json) {
    output.json({ event: 'added', isDuplicate, ...torrent });
    return;
  }
  if (isDuplicate) output.note('it is there already:');
  output.line(`${torrent.id}  ${escapeText(torrent.name)}`);
}
