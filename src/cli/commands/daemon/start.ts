/** `dst start`: lets torrents of the daemon run. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { actOn } from '../../daemon/act-on.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';

interface StartFlags extends DaemonFlags {
  readonly force?: true;
}

export const start: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Let torrents of the daemon run, as soon as the queue has room for them.')
      .argument('<torrents...>', TORRENT_HELP)
      .option('-f, --force', 'at once, whatever the queue says');
    addDaemonFlags(command);
    command.action(perform(performStart));
  },
};

async function performStart(context: CommandContext, names: readonly string[], flags: StartFlags): Promise<number> {
  const body = { isForced: flags.force === true };
  return await actOn(context, flags, names, { name: 'start', body, done: 'started' });
}
