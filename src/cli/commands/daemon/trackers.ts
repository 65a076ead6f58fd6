/** `dst trackers`: shows and changes the trackers of a torrent of the daemon. */
import type { TrackerView } from '../../../app/client/index.ts';
import { systemClock } from '../../../base/clock.ts';
import { parseTier, parseTrackerPair } from '../../arguments.ts';
import { type CommandContext, type CommandDefinition, values } from '../../command.ts';
import { addDaemonFlags, type DaemonFlags } from '../../daemon/daemon-flags.ts';
import { TORRENT_HELP } from '../../daemon/named-torrents.ts';
import { showEach } from '../../daemon/show-each.ts';
import { cliError } from '../../errors.ts';
import { paintOf } from '../../ui/paint.ts';
import { trackerLines } from '../../ui/tracker-table.ts';

interface TrackersFlags extends DaemonFlags {
  readonly add?: string[][];
  readonly remove?: string[];
  readonly replace?: (readonly [string, string])[];
}

export const trackers: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Show the trackers of a torrent and what they answered, or change them.')
      .argument('<torrents...>', TORRENT_HELP)
      .option('--add <urls>', 'a tier more; commas separate trackers of one tier; may be repeated', values(parseTier))
      .option('--remove <url>', 'may be repeated', values(String))
      .option('--replace <old,new>', 'put one URL in the place of another; may be repeated', values(parseTrackerPair));
    addDaemonFlags(command);
    command.action(perform(performTrackers));
  },
};

async function performTrackers(context: CommandContext, names: readonly string[], flags: TrackersFlags): Promise<void> {
  const { output } = context;
  await showEach(context, flags, names, async (client, { hash, name }) => {
    const path = `/torrents/${hash}/trackers`;
    let { items } = await client.call<{ items: TrackerView[] }>(path);
    if ([flags.add, flags.remove, flags.replace].some((change) => change !== undefined)) {
      const tiers = changedTiers(items, flags);
      ({ items } = await client.call<{ items: TrackerView[] }>(path, { method: 'PUT', body: { tiers } }));
    }
    return {
      json: { trackers: items },
      lines: () =>
        trackerLines(name, items, {
          now: systemClock.wall(),
          width: output.tableWidth,
          paint: paintOf(output),
          heading: (text) => output.bold(text),
        }),
    };
  });
}

/** The tiers with what is to be replaced, removed and added, in this order. */
function changedTiers(
  items: readonly TrackerView[],
  { add = [], remove = [], replace = [] }: TrackersFlags,
): string[][] {
  const tiers: string[][] = [];
  for (const { tier, url } of items) (tiers[tier] ??= []).push(url);
  const known = new Set(items.map(({ url }) => url));
  for (const url of [...remove, ...replace.map(([old]) => old)]) {
    if (!known.has(url)) throw cliError('USAGE_VALUE', `the torrent has no tracker ${url}`);
  }
  const changed = tiers.map((tier) =>
    tier.filter((url) => !remove.includes(url)).map((url) => replace.find(([old]) => old === url)?.[1] ?? url),
  );
  return [...changed, ...add].filter((tier) => tier.length > 0);
}
