/** `dst user`: who may use the daemon with a password. */
import { Option } from 'commander';
import type { UnixSeconds } from '../../../base/units.ts';
import { type CommandContext, type CommandDefinition } from '../../command.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { showList } from '../../daemon/show-list.ts';
import { cliError } from '../../errors.ts';
import { actionArgument, performAction, type SubAction } from '../../sub-actions.ts';
import { askPassphrase } from '../../ui/ask-passphrase.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatDate } from '../../ui/format.ts';
import type { Column } from '../../ui/table.ts';

const roles = ['viewer', 'operator', 'admin'] as const;

interface UserFlags extends DaemonFlags {
  readonly role?: (typeof roles)[number];
  readonly passwordFile?: string;
}

interface User {
  readonly name: string;
  readonly role: string;
  readonly createdAt: UnixSeconds;
}

type UserAction = 'add' | 'ls' | 'passwd' | 'role' | 'rm';
const daemonFlags = ['socket', 'url', 'tokenFile'] as const;

const actions: Readonly<Record<UserAction, SubAction<UserFlags>>> = {
  add: { words: [1, 1], noun: 'name', flags: [...daemonFlags, 'role', 'passwordFile'], perform: add },
  ls: { words: [0, 0], noun: 'name', flags: daemonFlags, perform: list },
  passwd: { words: [1, 1], noun: 'name', flags: [...daemonFlags, 'passwordFile'], perform: changePassword },
  role: { words: [1, 1], noun: 'name', flags: [...daemonFlags, 'role'], perform: changeRole },
  rm: { words: [1, 1], noun: 'name', flags: daemonFlags, perform: remove },
};

export const user: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Say who may use the daemon with a password: a viewer looks, an operator works with torrents, an admin may do everything. Who has the socket needs none.',
      )
      .addArgument(
        actionArgument(
          Object.keys(actions),
          'add NAME: make a user; ls: list them; passwd NAME: another password, which ends its sessions; role NAME: another role; rm NAME: remove it with its tokens',
        ),
      )
      .argument('[name...]', 'of the user')
      .addOption(new Option('--role <role>', 'add, role: what the user may do').choices(roles))
      .option('--password-file <file>', 'add, passwd: file with the password as its only line (default: asked for)');
    addDaemonFlags(command);
    command.action(
      perform(async (context, name: UserAction, words: string[], flags: UserFlags) =>
        performAction(context, `dst user ${name}`, actions[name], words, flags),
      ),
    );
  },
};

/** Nobody is asked for a password that cannot be set anyway. */
async function passwordFor(client: DaemonClient, name: string, { passwordFile: file }: UserFlags): Promise<string> {
  await client.call('/users');
  return await askPassphrase({ purpose: escapeText(name), isNew: true, file, noun: 'password' });
}

const pathOf = (name: string): string => `/users/${encodeURIComponent(name)}`;

async function add(context: CommandContext, [name = '']: readonly string[], flags: UserFlags): Promise<void> {
  const { role } = flags;
  if (role === undefined) throw cliError('USAGE', `say what ${name} may do: --role ${roles.join(', --role ')}`);
  const client = await connect(context, flags);
  const body = { name, role, password: await passwordFor(client, name, flags) };
  tell(context, await client.call<User>('/users', { method: 'POST', body }), 'made');
}

function list(context: CommandContext, _words: readonly string[], flags: UserFlags): Promise<void> {
  return showList(context, flags, { name: 'users', columns, none: 'no users yet; `dst user add NAME` makes one' });
}

const columns: readonly Column<User>[] = [
  { title: 'ROLE', cell: ({ role }) => role },
  { title: 'CREATED', cell: ({ createdAt }) => formatDate(createdAt).slice(0, 10), rank: 1 },
  { title: 'NAME', cell: ({ name }) => escapeText(name), isFlexible: true },
];

async function changePassword(
  context: CommandContext,
  [name = '']: readonly string[],
  flags: UserFlags,
): Promise<void> {
  const client = await connect(context, flags);
  const body = { password: await passwordFor(client, name, flags) };
  tell(context, await client.call<User>(pathOf(name), { method: 'PATCH', body }), 'has a new password');
}

async function changeRole(context: CommandContext, [name = '']: readonly string[], flags: UserFlags): Promise<void> {
  const { role } = flags;
  if (role === undefined) throw cliError('USAGE', `say what ${name} may do: --role ${roles.join(', --role ')}`);
  const client = await connect(context, flags);
  tell(context, await client.call<User>(pathOf(name), { method: 'PATCH', body: { role } }), `is ${role} now`);
}

async function remove(context: CommandContext, [name = '']: readonly string[], flags: UserFlags): Promise<void> {
  const { output } = context;
  await (await connect(context, flags)).call(pathOf(name), { method: 'DELETE' });
  if (output.options.json) output.json({ removed: name });
  else output.note(`removed: ${escapeText(name)}`);
}

function tell({ output }: CommandContext, made: User, words: string): void {
  if (output.options.json) output.json(made);
  else output.note(`${escapeText(made.name)} ${words}`);
}
