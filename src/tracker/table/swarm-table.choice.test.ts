/** The random choice of peers: everybody is named about equally often. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { announceTo, callOf, newTable } from '../fakes.test.ts';

/** How often each port was named, over `draws` answers to the same question. */
function tally(peers: number, want: number, draws: number, isSeeder: boolean): Map<number, number> {
  const table = newTable({}, peers * 31 + want);
  const first = 10_000;
  const counts = new Map<number, number>();
  for (let i = 0; i < peers; i++) {
    announceTo(table, { port: first + i });
    counts.set(first + i, 0);
  }
  // A downloader stands among those it may get, a seeder does not.
  const call = callOf({ port: 9999, role: isSeeder ? 'seeding' : 'downloading', want });
  for (let i = 0; i < draws; i++) {
    table.announce(call);
    const named = new Set<number>();
    for (let at = 4; at < call.peers4.at; at += 6) {
      const port = ((call.peers4.bytes[at] as number) << 8) | (call.peers4.bytes[at + 1] as number);
      assert.ok(!named.has(port), 'no peer twice in one answer');
      named.add(port);
      counts.set(port, (counts.get(port) as number) + 1);
    }
    assert.equal(named.size, Math.min(want, peers));
  }
  return counts;
}

describe('each peer has the same chance', () => {
  for (const peers of [1, 2, 3, 50, 51, 100, 1000]) {
    for (const want of [1, 10, 50]) {
      for (const isSeeder of [false, true]) {
        it(`of ${peers} when ${want} are wanted by a ${isSeeder ? 'seeder' : 'downloader'}`, () => {
          const chance = Math.min(1, want / peers);
          const draws = Math.ceil(Math.max(400, 200 / chance));
          const counts = tally(peers, want, draws, isSeeder);
          assert.equal(counts.size, peers, 'nobody from elsewhere');
          const expected = draws * chance;
          const spread = Math.sqrt(draws * chance * (1 - chance));
          for (const [port, count] of counts) {
            assert.ok(Math.abs(count - expected) <= 6 * spread, `${port}: ${count} times, ${expected} expected`);
          }
          // Pearson's statistic: about the number of peers, when the choice is fair.
          const statistic = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
          assert.ok(statistic <= 2 * peers + 60, `${statistic} for ${peers} peers`);
        });
      }
    }
  }

  it('and two peers are not always named together', () => {
    const table = newTable();
    for (let i = 0; i < 100; i++) announceTo(table, { port: 10_000 + i });
    const call = callOf({ port: 9999, want: 10 });
    const sets = new Set<string>();
    for (let i = 0; i < 500; i++) {
      table.announce(call);
      const ports: number[] = [];
      for (let at = 4; at < call.peers4.at; at += 6) {
        ports.push(((call.peers4.bytes[at] as number) << 8) | (call.peers4.bytes[at + 1] as number));
      }
      sets.add(ports.sort((a, b) => a - b).join(' '));
    }
    assert.ok(sets.size > 350, `${sets.size} different answers of 500`);
  });
});
