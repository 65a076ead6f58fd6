/** `dst stop`: stops torrents of the daemon. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { actOn } from '../../daemon/act-on.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';

export const stop: CommandDefinition = {
  configure(command, perform) {
    command.description('Stop torrents of the daemon until `dst start`.').argument('<torrents...>', TORRENT_HELP);
    addDaemonFlags(command);
    command.action(perform(performStop));
  },
};

const performStop = (context: CommandContext, names: readonly string[], flags: DaemonFlags): Promise<number> =>
  actOn(context, flags, names, { name: 'stop', done: 'stopped' });
