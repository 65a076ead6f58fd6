/** `dst watch`: tells what happens in the daemon, as it happens. */
import { parseCount } from '../../arguments.ts';
import { type CommandContext, type CommandDefinition, value } from '../../command.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { findTorrents } from '../../daemon/named-torrents.ts';
import { eventLine, type ToldEvent } from '../../ui/event-view.ts';
import { paintOf } from '../../ui/paint.ts';

interface WatchFlags extends DaemonFlags {
  readonly after?: number;
}

/** All but those that come by the hundred. */
const USUAL = ['torrent.*', 'tracker.*', 'settings.*', 'limits.*', 'health.*', 'piece.failed', 'peer.banned'];

export const watch: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Tell what happens in the daemon, until it ends or you do. With --json an event is a line.')
      .argument(
        '[events...]',
        "names of events, or their beginning with a star: torrent.completed, 'peer.*'; '*' for all (default: all but pieces and connections)",
      )
      .option('--after <id>', 'first those that came after this one, as far as they are remembered', value(parseCount));
    addDaemonFlags(command);
    command.action(perform(performWatch));
  },
};

async function performWatch(context: CommandContext, events: readonly string[], flags: WatchFlags): Promise<void> {
  const { output, signal } = context;
  const client = await connect(context, flags);
  let names = await torrentNames(client);
  const paint = paintOf(output);
  const query = { names: (events.length === 0 ? USUAL : events).join(','), after: flags.after };
  for await (const { id, name, data } of client.events('/events', { query, signal })) {
    const { at, ...rest } = JSON.parse(data) as ToldEvent['data'] & { readonly at?: number };
    if (output.options.json) {
      output.json({ event: name, id: Number(id), at: at ?? null, ...rest });
      continue;
    }
    if (name === 'gap') {
      output.warn('events that came before are forgotten already');
      continue;
    }
    if (typeof rest['hash'] === 'string' && rest['name'] === undefined && !names.has(rest['hash'])) {
      names = await torrentNames(client);
    }
    output.line(eventLine({ name, at: at ?? 0, data: rest }, (hash) => names.get(hash) ?? null, paint));
  }
}

const torrentNames = async (client: DaemonClient): Promise<Map<string, string>> =>
  new Map((await findTorrents(client, ['all'])).map(({ hash, name }) => [hash, name]));
