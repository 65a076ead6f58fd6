/** `dst webhook`: addresses to which the daemon sends its events. */
import type { Webhook } from '../../../app/client/index.ts';
import { toHex } from '../../../base/bytes.ts';
import { systemRandom } from '../../../base/random.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { removeEach } from '../../daemon/remove-each.ts';
import { showList } from '../../daemon/show-list.ts';
import { cliError } from '../../errors.ts';
import { actionArgument, performAction, type SubAction } from '../../sub-actions.ts';
import { askPassphrase } from '../../ui/ask-passphrase.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatDate } from '../../ui/format.ts';
import type { Column } from '../../ui/table.ts';

interface WebhookFlags extends DaemonFlags {
  readonly secretFile?: string;
}

type WebhookAction = 'add' | 'ls' | 'rm';
const daemonFlags = ['socket', 'url', 'tokenFile'] as const;

const actions: Readonly<Record<WebhookAction, SubAction<WebhookFlags>>> = {
  add: { words: [1, Number.POSITIVE_INFINITY], noun: 'URL', flags: [...daemonFlags, 'secretFile'], perform: add },
  ls: { words: [0, 0], noun: 'id', flags: daemonFlags, perform: list },
  rm: { words: [1, Number.POSITIVE_INFINITY], noun: 'id', flags: daemonFlags, perform: remove },
};

const USUAL = ['torrent.*'];
/** Of a secret that is made here. */
const SECRET_BYTES = 32;

export const webhook: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Say where the daemon sends its events: each is posted as JSON, and signed with a secret that you and the daemon know.',
      )
      .addArgument(
        actionArgument(
          Object.keys(actions),
          'add URL [EVENT…]: send events there from now on, and print the secret; ls: list webhooks with what went wrong last; rm ID…: remove them',
        ),
      )
      .argument(
        '[words...]',
        "URL and names of events, or their beginning with a star: 'torrent.*' (default), '*' for all; or ids, by action",
      )
      .option(
        '--secret-file <file>',
        'add: file with the secret as its only line, of 32 characters or more (default: one is made)',
      );
    addDaemonFlags(command);
    command.action(
      perform(async (context, name: WebhookAction, words: string[], flags: WebhookFlags) =>
        performAction(context, `dst webhook ${name}`, actions[name], words, flags),
      ),
    );
  },
};

async function add(context: CommandContext, words: readonly string[], flags: WebhookFlags): Promise<void> {
  const { output } = context;
  const [url = '', ...events] = words;
  const { secretFile: file } = flags;
  const secret =
    file === undefined
      ? toHex(systemRandom.bytes(SECRET_BYTES))
      : await askPassphrase({ purpose: url, isNew: true, file, noun: 'secret' });
  const client = await connect(context, flags);
  const body = { url, events: events.length === 0 ? USUAL : events, secret };
  const made = await client.call<Webhook>('/webhooks', { method: 'POST', body });
  if (output.options.json) output.json(file === undefined ? { ...made, secret } : made);
  else {
    output.note(`webhook ${made.id}: ${made.events.map(escapeText).join(', ')} to ${escapeText(made.url)}`);
    if (file !== undefined) return;
    output.line(secret);
    output.note('This is the secret that signs what is sent. It is shown only now.');
  }
}

function list(context: CommandContext, _words: readonly string[], flags: WebhookFlags): Promise<void> {
  return showList(context, flags, {
    name: 'webhooks',
    columns,
    none: 'no webhooks yet; `dst webhook add URL` makes one',
  });
}

const columns: readonly Column<Webhook>[] = [
  { title: 'ID', cell: ({ id }) => String(id), align: 'right' },
  { title: 'CREATED', cell: ({ createdAt }) => formatDate(createdAt).slice(0, 10), rank: 1 },
  { title: 'EVENTS', cell: ({ events }) => escapeText(events.join(',')) },
  { title: 'PROBLEM', cell: ({ problem }) => escapeText(problem ?? '-'), rank: 2 },
  { title: 'URL', cell: ({ url }) => escapeText(url), isFlexible: true },
];

async function remove(context: CommandContext, words: readonly string[], flags: WebhookFlags): Promise<number> {
  const ids = words.map(parseId);
  const client = await connect(context, flags);
  return await removeEach(context, ids.map(String), {
    done: 'removed',
    remove: async (id) => {
      await client.call(`/webhooks/${id}`, { method: 'DELETE' });
      return Number(id);
    },
    nameOf: String,
  });
}

function parseId(word: string): number {
  if (/^[1-9]\d{0,14}$/.test(word)) return Number(word);
  throw cliError('USAGE_VALUE', `"${word}" is no id of a webhook; \`dst webhook ls\` lists them`);
}
