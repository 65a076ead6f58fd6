/** `dst move`: brings the data of torrents of the daemon to another folder. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { actOn } from '../../daemon/act-on.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { daemonFolder } from '../../daemon/daemon-folder.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { cliError } from '../../errors.ts';

interface MoveFlags extends DaemonFlags {
  readonly data: boolean;
}

export const move: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Bring the data of torrents to another folder. The daemon does it, also over a restart; `dst ls` shows when it is done.',
      )
      .usage('[options] <torrents...> <folder>')
      .argument('<torrents...>', `${TORRENT_HELP}; and last the folder, as the daemon sees it`)
      .option('--no-data', 'the data is there already: leave the old one alone, and check');
    addDaemonFlags(command);
    command.action(perform(performMove));
  },
};

async function performMove(context: CommandContext, words: readonly string[], flags: MoveFlags): Promise<number> {
  const folder = words.at(-1) ?? '';
  const names = words.slice(0, -1);
  if (names.length === 0) throw cliError('USAGE', 'name the torrents, and then the folder');
  const body = { savePath: daemonFolder(folder, flags), movesData: flags.data };
  return await actOn(context, flags, names, { name: 'move', body, done: flags.data ? 'to be moved' : 'to be checked' });
}
