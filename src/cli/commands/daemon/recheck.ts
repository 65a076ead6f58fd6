/** `dst recheck`: has the daemon hash the data of torrents again. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { act, tellOutcome } from '../../daemon/act-on.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { findTorrents, TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { escapeText } from '../../ui/escape.ts';

export const recheck: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Let the daemon hash all data of torrents that is there; what is bad or missing is fetched again.')
      .argument('<torrents...>', TORRENT_HELP);
    addDaemonFlags(command);
    command.action(perform(performRecheck));
  },
};

async function performRecheck(context: CommandContext, names: readonly string[], flags: DaemonFlags): Promise<number> {
  const client = await connect(context, flags);
  const torrents = await findTorrents(client, names, ['hasMetadata']);
  const known = torrents.filter(({ hasMetadata }) => hasMetadata);
  for (const { name, hasMetadata } of torrents) {
    if (!hasMetadata) context.output.warn(`${escapeText(name)}: which files it has is not known yet: nothing to check`);
  }
  return await tellOutcome(context, torrents, await act(client, known, 'verify'), 'to be checked');
}
