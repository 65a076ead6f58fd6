/** `dst queue`: moves torrents in the daemon's queue. */
import { Argument } from 'commander';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { actOn } from '../../daemon/act-on.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';

const places = ['top', 'up', 'down', 'bottom'] as const;
type Place = (typeof places)[number];

const words: Readonly<Record<Place, string>> = {
  top: 'at the top of the queue',
  up: 'one place up',
  down: 'one place down',
  bottom: 'at the end of the queue',
};

export const queue: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Move torrents in the queue. `dst ls` shows them in its order.')
      .addArgument(new Argument('<place>', 'where to').choices(places))
      .argument('<torrents...>', TORRENT_HELP);
    addDaemonFlags(command);
    command.action(perform(performQueue));
  },
};

const performQueue = (
  context: CommandContext,
  place: Place,
  names: readonly string[],
  flags: DaemonFlags,
): Promise<number> => actOn(context, flags, names, { name: 'queue', body: { to: place }, done: words[place] });
