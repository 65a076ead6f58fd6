/** The trackers of one torrent as its user sees them: by number, tier and URL, whatever swarms they are asked for. */
import type { SourceStatus } from '../../discovery/index.ts';
import type { TrackerStatus } from './status.ts';

export type TrackerTiers = readonly (readonly string[])[];

export class TrackerList {
  #tiers: TrackerTiers;
  /** Numbers that were given out, by URL; made when first asked for. */
  #ids: Map<string, number> | null = null;

  constructor(tiers: TrackerTiers) {
    this.#tiers = tiers;
  }

  get tiers(): TrackerTiers {
    return this.#tiers;
  }

  set tiers(tiers: TrackerTiers) {
    this.#tiers = tiers;
  }

  /** Each URL once, at its first place. `sources`: what is known of them, one for each swarm. */
  status(sources: readonly SourceStatus[]): TrackerStatus[] {
    const known = Map.groupBy(sources, ({ name }) => name);
    const seen = new Set<string>();
    const list: TrackerStatus[] = [];
    let tier = 0;
    for (const urls of this.#tiers) {
      const fresh = urls.map((url) => url.trim()).filter((url) => url !== '' && !seen.has(url) && seen.add(url));
      for (const url of fresh) list.push({ id: this.#idOf(url), url, tier, ...together(known.get(url) ?? []) });
      if (fresh.length > 0) tier++;
    }
    return list;
  }

  #idOf(url: string): number {
    this.#ids ??= new Map();
    const id = this.#ids.get(url) ?? this.#ids.size + 1;
    this.#ids.set(url, id);
    return id;
  }
}

/** Of a hybrid torrent, which has two swarms, what tells most. */
function together(sources: readonly SourceStatus[]): Omit<TrackerStatus, 'id' | 'url' | 'tier'> {
  const states = new Set(sources.map(({ state }) => state));
  return {
    state: (['working', 'ok', 'failed'] as const).find((state) => states.has(state)) ?? 'idle',
    message: sources.find(({ message }) => message !== null)?.message ?? null,
    seeders: largest(sources.map(({ seeders }) => seeders)),
    leechers: largest(sources.map(({ leechers }) => leechers)),
    downloads: largest(sources.map(({ downloads }) => downloads)),
    peersReceived: sources.reduce((sum, { peersReceived }) => sum + peersReceived, 0),
    lastAt: largest(sources.map(({ lastAt }) => lastAt)),
    nextIn: negated(largest(sources.map(({ nextIn }) => negated(nextIn)))),
  };
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

const negated = (value: number | null): number | null => (value === null ? null : 0 - value);
