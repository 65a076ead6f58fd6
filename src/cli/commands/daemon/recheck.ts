/** `dst recheck`: has the daemon hash the data of torrents again. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { actOn } from '../../daemon/act-on.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';

export const recheck: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Let the daemon hash all data of torrents that is there; what is bad or missing is fetched again.')
      .argument('<torrents...>', TORRENT_HELP);
    addDaemonFlags(command);
    command.action(perform(performRecheck));
  },
};

const performRecheck = (context: CommandContext, names: readonly string[], flags: DaemonFlags): Promise<number> =>
  actOn(context, flags, names, { name: 'verify', done: 'to be checked' });
