/** `dst token`: tokens for programs that use the daemon's API. */
import { Option } from 'commander';
import { systemClock } from '../../../base/clock.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import { parseExpiry } from '../../arguments.ts';
import { type CommandContext, type CommandDefinition, value } from '../../command.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { removeEach } from '../../daemon/remove-each.ts';
import { showList } from '../../daemon/show-list.ts';
import { cliError } from '../../errors.ts';
import { checkOutput, streamOutput } from '../../files.ts';
import { actionArgument, performAction, type SubAction } from '../../sub-actions.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatDate } from '../../ui/format.ts';
import type { Column } from '../../ui/table.ts';

interface TokenFlags extends DaemonFlags {
  readonly scope?: 'read' | 'control' | 'admin';
  readonly expires?: UnixSeconds;
  readonly output?: string;
  readonly force?: true;
}

interface Token {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly owner: string | null;
  readonly createdAt: UnixSeconds;
  readonly expiresAt: UnixSeconds | null;
}

type TokenAction = 'create' | 'ls' | 'rm';
const daemonFlags = ['socket', 'url', 'tokenFile'] as const;

const actions: Readonly<Record<TokenAction, SubAction<TokenFlags>>> = {
  create: {
    words: [1, 1],
    noun: 'name',
    flags: [...daemonFlags, 'scope', 'expires', 'output', 'force'],
    perform: create,
  },
  ls: { words: [0, 0], noun: 'name', flags: daemonFlags, perform: list },
  rm: { words: [1, Number.POSITIVE_INFINITY], noun: 'token', flags: daemonFlags, perform: revoke },
};

/** Digits of an id that are shown, and enough to name it. */
const SHOWN_DIGITS = 12;
const FEWEST_DIGITS = 6;

export const token: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Make tokens for programs that use the API of the daemon, list and revoke them. The daemon keeps no token itself: it is shown when it is made, and never again.',
      )
      .addArgument(
        actionArgument(
          Object.keys(actions),
          'create NAME: make one and print it; ls: those there are; rm TOKEN…: revoke them, named by name or the beginning of the id',
        ),
      )
      .argument('[words...]', 'name, or tokens, by action')
      .addOption(
        new Option('--scope <scope>', 'create: look, work with torrents too, or everything (default: control)').choices(
          ['read', 'control', 'admin'],
        ),
      )
      .option('--expires <day>', 'create: until then, as 2030-01-31, or as 90d', value(parseExpiryFromNow))
      .option('-o, --output <file>', 'create: into a file that only you can read, for --token-file (default: stdout)')
      .option('-f, --force', 'create: replace the file if it exists');
    addDaemonFlags(command);
    command.action(
      perform(async (context, name: TokenAction, words: string[], flags: TokenFlags) =>
        performAction(context, `dst token ${name}`, actions[name], words, flags),
      ),
    );
  },
};

const parseExpiryFromNow = (text: string): UnixSeconds => parseExpiry(text, systemClock.wall());

async function create(context: CommandContext, [name]: readonly string[], flags: TokenFlags): Promise<void> {
  const { output } = context;
  const { scope = 'control', expires = null, output: target = '-', force = false } = flags;
  if (target !== '-' || force) await checkOutput(target, force);
  const client = await connect(context, flags);
  const body = { name, scope, expiresAt: expires };
  const made = await client.call<Token & { readonly token: string }>('/tokens', { method: 'POST', body });
  const { token: secret, ...rest } = made;
  if (target !== '-') {
    const bytes = new TextEncoder().encode(`${secret}\n`);
    await streamOutput(output, target, { mayReplace: force, mode: 0o600 }, (write) => write(bytes));
  }
  if (output.options.json) output.json(target === '-' ? made : { ...rest, path: target });
  else output.line(target === '-' ? secret : target);
  if (target === '-') output.note('It is shown only now.');
}

function list(context: CommandContext, _words: readonly string[], flags: TokenFlags): Promise<void> {
  return showList(context, flags, {
    name: 'tokens',
    columns,
    none: 'no tokens yet; `dst token create NAME` makes one',
  });
}

const columns: readonly Column<Token>[] = [
  { title: 'ID', cell: ({ id }) => id.slice(0, SHOWN_DIGITS) },
  { title: 'SCOPE', cell: ({ scope }) => scope },
  { title: 'CREATED', cell: ({ createdAt }) => formatDate(createdAt).slice(0, 10), rank: 1 },
  { title: 'EXPIRES', cell: ({ expiresAt }) => (expiresAt === null ? 'never' : formatDate(expiresAt).slice(0, 10)) },
  { title: 'OWNER', cell: ({ owner }) => escapeText(owner ?? '-'), rank: 2 },
  { title: 'NAME', cell: ({ name }) => escapeText(name), isFlexible: true },
];

async function revoke(context: CommandContext, words: readonly string[], flags: TokenFlags): Promise<number> {
  const client = await connect(context, flags);
  const { items } = await client.call<{ items: Token[] }>('/tokens');
  return await removeEach(context, words, {
    done: 'revoked',
    remove: async (word) => {
      const { id, name } = meantToken(items, word);
      await client.call(`/tokens/${id}`, { method: 'DELETE' });
      return { id, name };
    },
    nameOf: ({ name }) => name,
  });
}

function meantToken(tokens: readonly Token[], word: string): Token {
  const isId = word.length >= FEWEST_DIGITS && /^[0-9a-f]+$/i.test(word);
  const found = tokens.filter(({ id, name }) => name === word || (isId && id.startsWith(word.toLowerCase())));
  if (found.length === 1) return found[0] as Token;
  if (found.length === 0) throw cliError('TOKEN_UNKNOWN', `there is no token "${word}"`);
  throw cliError('TOKEN_UNKNOWN', `"${word}" fits ${found.length} tokens; name one by its id`);
}
