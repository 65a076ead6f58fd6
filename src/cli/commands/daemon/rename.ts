/** `dst rename`: renames a file or folder of a torrent of the daemon. */
import type { FileView } from '../../../app/client/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { findTorrents, TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { escapeText } from '../../ui/escape.ts';

export const rename: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Rename a file or folder of a torrent, on the disk too. The name in lists: `dst set --name`.')
      .argument('<torrent>', TORRENT_HELP)
      .argument('<path>', 'file or folder, with slashes; or the number of a file as `dst files` shows it')
      .argument('<name>', 'its new name, without slashes');
    addDaemonFlags(command);
    command.action(perform(performRename));
  },
};

async function performRename(
  context: CommandContext,
  named: string,
  path: string,
  name: string,
  flags: DaemonFlags,
): Promise<void> {
  const { output } = context;
  const client = await connect(context, flags);
  for (const { id, hash } of await findTorrents(client, [named])) {
    const { items } = await client.call<{ items: FileView[] }>(`/torrents/${hash}/files`);
    const found = meantPath(items, path);
    await client.call(`/torrents/${hash}/actions/rename`, { method: 'POST', body: { path: found, name } });
    const renamed = [...found.split('/').slice(0, -1), name].join('/');
    if (output.options.json) output.json({ id, hash, path: renamed });
    else output.note(`renamed: ${escapeText(renamed)}`);
  }
}

/** A path as it is, or without folders before it when only one ends so; else the number of a file. */
function meantPath(files: readonly FileView[], given: string): string {
  const path = given.replace(/\/$/, '');
  const known = new Set(files.flatMap(({ path: whole }) => pathsTo(whole)));
  if (known.has(path)) return path;
  const ending = [...known].filter((one) => one.endsWith(`/${path}`));
  if (ending.length === 1) return ending[0] as string;
  return files.find(({ index }) => String(index) === path)?.path ?? path;
}

/** `a`, `a/b`, `a/b/c`. */
const pathsTo = (path: string): string[] => path.split('/').map((_, i, elements) => elements.slice(0, i + 1).join('/'));
