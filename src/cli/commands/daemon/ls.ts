/** `dst ls`: lists the torrents of the daemon. */
import { Option } from 'commander';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { addDaemonFlags, connect, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import type { TorrentList } from '../../daemon/named-torrents.ts';
import type { TorrentView } from '../../../app/client/index.ts';
import { paintOf } from '../../ui/paint.ts';
import { renderTable } from '../../ui/table.ts';
import { type OrderName, orders, torrentColumns, totalsLine } from '../../ui/torrent-table.ts';

/** As the API has them. */
const states = [
  'active',
  'stalled',
  'downloading',
  'seeding',
  'complete',
  'incomplete',
  'stopped',
  'queued',
  'checking',
  'moving',
  'move-failed',
  'failed',
] as const;

interface LsFlags extends DaemonFlags {
  readonly state?: (typeof states)[number];
  readonly category?: string;
  readonly label?: string;
  readonly search?: string;
  readonly sort: OrderName;
  readonly reverse?: true;
}

export const ls: CommandDefinition = {
  configure(command, perform) {
    command
      .description('List the torrents of the daemon. Columns for which a terminal is too narrow are left out.')
      .addOption(new Option('--state <state>', 'only those that are').choices(states))
      .option('--category <name>', 'only those of a category; empty: those without one')
      .option('--label <name>', 'only those with a label')
      .option('--search <text>', 'only those with this in their name, in any letter case')
      .addOption(
        new Option('--sort <order>', 'names from A, figures from the largest (default: the queue)')
          .choices(Object.keys(orders))
          .default('queue', 'the queue'),
      )
      .option('-r, --reverse', 'the other way round');
    addDaemonFlags(command);
    command.action(perform(performLs));
  },
};

async function performLs(context: CommandContext, flags: LsFlags): Promise<void> {
  const { output } = context;
  const client = await connect(context, flags);
  const { state, category, label, search, sort, reverse = false } = flags;
  const query = { filter: state, category, label, search };
  const { torrents } = await client.call<TorrentList<TorrentView>>('/torrents', { query });
  const sorted = torrents.toSorted(orders[sort]);
  if (reverse) sorted.reverse();
  if (output.options.json) {
    output.json({ torrents: sorted });
    return;
  }
  const columns = torrentColumns(paintOf(output));
  if (sorted.length > 0) {
    for (const line of renderTable(columns, sorted, output.tableWidth, (text) => output.bold(text))) output.line(line);
  }
  output.note(output.dim(totalsLine(sorted), process.stderr));
}
