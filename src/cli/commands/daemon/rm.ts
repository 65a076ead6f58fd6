/** `dst rm`: takes torrents out of the daemon. */
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { act, tellOutcome } from '../../daemon/act-on.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { findTorrents, TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { confirm } from '../../ui/confirm.ts';
import { escapeText } from '../../ui/escape.ts';
import { formatBytes, plural } from '../../ui/format.ts';

interface RmFlags extends DaemonFlags {
  readonly data?: true;
  readonly yes?: true;
}

export const rm: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Take torrents out of the daemon. Their data stays where it is, unless --data says otherwise.')
      .argument('<torrents...>', TORRENT_HELP)
      .option('--data', 'delete their data too')
      .option('-y, --yes', 'do not ask');
    addDaemonFlags(command);
    command.action(perform(performRm));
  },
};

async function performRm(context: CommandContext, names: readonly string[], flags: RmFlags): Promise<number> {
  const client = await connect(context, flags);
  const torrents = await findTorrents(client, names, ['done']);
  const deleteData = flags.data === true;
  const isAsked = deleteData || names.includes('all');
  if (isAsked && torrents.length > 0 && flags.yes !== true) {
    const what =
      torrents.length === 1 ? `"${escapeText(torrents[0]?.name ?? '')}"` : plural(torrents.length, 'torrent');
    const size = formatBytes(torrents.reduce((sum, { done }) => sum + done, 0));
    await confirm(deleteData ? `Remove ${what} and delete the data (${size})?` : `Remove ${what}? The data stays.`);
  }
  const outcome = await act(client, torrents, 'remove', { deleteData });
  return await tellOutcome(context, torrents, outcome, deleteData ? 'removed with their data' : 'removed');
}
