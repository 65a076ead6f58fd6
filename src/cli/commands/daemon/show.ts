/** `dst show`: shows all that the daemon knows of a torrent. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { showEach } from '../../daemon/show-each.ts';
import { paintOf } from '../../ui/paint.ts';
import { renderRows } from '../../ui/rows.ts';
import { type DetailedTorrent, detailRows } from '../../ui/torrent-details.ts';

export const show: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Show all that the daemon knows of a torrent. Of a torrent file: `dst info`.')
      .argument('<torrents...>', TORRENT_HELP);
    addDaemonFlags(command);
    command.action(perform(performShow));
  },
};

async function performShow(context: CommandContext, names: readonly string[], flags: DaemonFlags): Promise<void> {
  const { output } = context;
  await showEach(context, flags, names, async (client, { hash }) => {
    const torrent = await client.call<DetailedTorrent>(`/torrents/${hash}`);
    const rows = detailRows(torrent, output.barStyle, paintOf(output));
    return { json: torrent, lines: () => renderRows(rows, (text) => output.bold(text)) };
  });
}
