/** `dst move`: brings the data of torrents of the daemon to another folder. */
import { dirname } from 'node:path';
import type { TorrentView } from '../../../app/client/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { act, tellOutcome } from '../../daemon/act-on.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { daemonFolder } from '../../daemon/daemon-folder.ts';
import { findTorrents, TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { cliError } from '../../errors.ts';
import { escapeText } from '../../ui/escape.ts';

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
  const savePath = daemonFolder(folder, flags);
  const client = await connect(context, flags);
  const torrents = await findTorrents(client, names, ['savePath', 'contentPath', 'moveProblem']);
  const others = torrents.filter((torrent) => !isAt(savePath, torrent));
  for (const torrent of torrents) {
    if (!others.includes(torrent)) context.output.note(`already there: ${escapeText(torrent.name)}`);
  }
  const outcome = await act(client, others, 'move', { savePath, movesData: flags.data });
  return await tellOutcome(context, torrents, outcome, flags.data ? 'to be moved' : 'to be checked');
}

type Place = Pick<TorrentView, 'savePath' | 'contentPath' | 'moveProblem'>;

/** It belongs there and lies there, and no move that failed is to be forgotten. */
const isAt = (folder: string, { savePath, contentPath, moveProblem }: Place): boolean =>
  savePath === folder && dirname(contentPath) === folder && moveProblem === null;
