/** `dst files`: shows the files of a torrent of the daemon, and says which are wanted. */
import type { FileView } from '../../../app/client/index.ts';
import { parsePriorities, type PriorityChange } from '../../arguments.ts';
import { type CommandContext, type CommandDefinition, values } from '../../command.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { showEach } from '../../daemon/show-each.ts';
import { escapeText } from '../../ui/escape.ts';
import { fileLines } from '../../ui/torrent-files.ts';
import { paintOf } from '../../ui/paint.ts';

interface FilesFlags extends DaemonFlags {
  readonly priority?: PriorityChange[];
}

export const files: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Show the files of a torrent with their numbers, and change which of them are wanted, and first.')
      .argument('<torrents...>', TORRENT_HELP)
      .option(
        '--priority <files=level>',
        'skip, low, normal or high, for instance 0,2-5=high or all=skip; may be repeated',
        values(parsePriorities),
      );
    addDaemonFlags(command);
    command.action(perform(performFiles));
  },
};

async function performFiles(context: CommandContext, names: readonly string[], flags: FilesFlags): Promise<void> {
  const { output } = context;
  await showEach(context, flags, names, async (client, { hash, name }) => {
    const path = `/torrents/${hash}/files`;
    let { items } = await client.call<{ items: FileView[] }>(path);
    if (flags.priority !== undefined) {
      const priorities = prioritiesOf(flags.priority, items);
      ({ items } = await client.call<{ items: FileView[] }>(path, { method: 'PATCH', body: { priorities } }));
    }
    return {
      json: { files: items },
      lines: () => [
        escapeText(name),
        ...fileLines(items, output.tableWidth, paintOf(output), (text) => output.bold(text)),
      ],
    };
  });
}

/** Later changes count more. */
function prioritiesOf(changes: readonly PriorityChange[], items: readonly FileView[]): Record<number, number> {
  const priorities: Record<number, number> = {};
  for (const { files: chosen, priority } of changes) {
    for (const index of chosen ?? items.map((file) => file.index)) priorities[index] = priority;
  }
  return priorities;
}
