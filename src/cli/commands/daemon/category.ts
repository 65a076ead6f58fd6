/** `dst category`: the categories of the daemon's torrents, and the folders of theirs. */
import type { Category } from '../../../app/client/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { daemonFolder } from '../../daemon/daemon-folder.ts';
import { removeEach } from '../../daemon/remove-each.ts';
import { showList } from '../../daemon/show-list.ts';
import { cliError } from '../../errors.ts';
import { actionArgument, performAction, type SubAction } from '../../sub-actions.ts';
import { escapeText } from '../../ui/escape.ts';
import type { Column } from '../../ui/table.ts';

interface CategoryFlags extends DaemonFlags {
  readonly dir?: string;
}

type CategoryAction = 'ls' | 'set' | 'rm';
const daemonFlags = ['socket', 'url', 'tokenFile'] as const;

const actions: Readonly<Record<CategoryAction, SubAction<CategoryFlags>>> = {
  ls: { words: [0, 0], noun: 'name', flags: daemonFlags, perform: list },
  set: { words: [1, 1], noun: 'name', flags: [...daemonFlags, 'dir'], perform: put },
  rm: { words: [1, Number.POSITIVE_INFINITY], noun: 'name', flags: daemonFlags, perform: remove },
};

export const category: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'List, make and remove categories of torrents. What is added to a category is saved in its folder; torrents that are there stay where they are.',
      )
      .addArgument(
        actionArgument(
          Object.keys(actions),
          'ls: those there are; set NAME: make one, or give it another folder with --dir; rm NAME…: remove them, their torrents have none then',
        ),
      )
      .argument('[names...]', 'of categories, by action')
      .option(
        '-d, --dir <folder>',
        "set: its folder, as the daemon sees it; '' is that of the client (default: as it is, of a new one that of the client)",
      );
    addDaemonFlags(command);
    command.action(
      perform(async (context, name: CategoryAction, words: string[], flags: CategoryFlags) =>
        performAction(context, `dst category ${name}`, actions[name], words, flags),
      ),
    );
  },
};

function pathOf(name: string): string {
  if (name.trim() === '') throw cliError('USAGE_VALUE', 'a category has a name: it cannot be empty');
  return `/categories/${encodeURIComponent(name)}`;
}

function list(context: CommandContext, _words: readonly string[], flags: CategoryFlags): Promise<void> {
  return showList(context, flags, {
    name: 'categories',
    columns,
    none: 'no categories yet; `dst category set NAME` makes one',
  });
}

const columns: readonly Column<Category>[] = [
  { title: 'NAME', cell: ({ name }) => escapeText(name) },
  { title: 'FOLDER', cell: ({ savePath }) => escapeText(savePath || '-'), isFlexible: true },
];

async function put(context: CommandContext, [name = '']: readonly string[], flags: CategoryFlags): Promise<void> {
  const { output } = context;
  const { dir } = flags;
  const path = pathOf(name);
  const body = dir === undefined ? {} : { savePath: dir === '' ? '' : daemonFolder(dir, flags) };
  const made = await (await connect(context, flags)).call<Category>(path, { method: 'PUT', body });
  if (output.options.json) output.json(made);
  else output.note(`${escapeText(made.name)}: ${escapeText(made.savePath || 'the folder of the client')}`);
}

async function remove(context: CommandContext, names: readonly string[], flags: CategoryFlags): Promise<number> {
  for (const name of names) pathOf(name);
  const client = await connect(context, flags);
  return await removeEach(context, names, {
    done: 'removed',
    remove: async (name) => {
      await client.call(pathOf(name), { method: 'DELETE' });
      return name;
    },
    nameOf: (name) => name,
  });
}
