/** `dst reannounce`: has the daemon ask the trackers of torrents at once. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { actOn } from '../../daemon/act-on.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';

export const reannounce: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Let the daemon ask the trackers of torrents for peers at once.')
      .argument('<torrents...>', TORRENT_HELP);
    addDaemonFlags(command);
    command.action(perform(performReannounce));
  },
};

const performReannounce = (context: CommandContext, names: readonly string[], flags: DaemonFlags): Promise<number> =>
  actOn(context, flags, names, { name: 'reannounce', done: 'announced' });
