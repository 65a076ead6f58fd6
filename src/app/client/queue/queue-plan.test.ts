import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { planQueue, type QueuedTorrent } from './queue-plan.ts';

type Named = QueuedTorrent & { readonly name: string };

/** Each torrent by its letters: d download, s seed; running R, forced F, checking C, slow S, not wanted N. */
function plan(texts: string[], downloads: number | null, seeds: number | null, enabled = true): string[] {
  const torrents: Named[] = texts.map((name) => ({
    name,
    isWanted: !name.includes('N'),
    isForced: name.includes('F'),
    isRunning: name.includes('R'),
    isChecking: name.includes('C'),
    isDownload: name.startsWith('d'),
    isSlow: name.includes('S'),
  }));
  return [...planQueue(torrents, { enabled, downloads, seeds })].map(({ name }) => name);
}

describe('the queue', () => {
  test('has places for downloads and for seeds, taken in order', () => {
    assert.deepEqual(plan(['d1', 's1', 'd2', 's2', 'd3', 's3'], 2, 1), ['d1', 's1', 'd2']);
    assert.deepEqual(plan(['d1', 's1', 'd2'], null, null), ['d1', 's1', 'd2']);
  });

  test('lets whoever is first in it run, also in the place of one that runs', () => {
    assert.deepEqual(plan(['d1', 'd2R'], 1, 1), ['d1']);
  });

  test('lets forced torrents run without a place', () => {
    assert.deepEqual(plan(['d1F', 'd2', 'd3F', 'd4'], 1, 1), ['d1F', 'd2', 'd3F']);
    assert.deepEqual(plan(['d1F'], 1, 1).length, 1);
  });

  test('gives no place to what runs and is slow, nor to what is being checked', () => {
    assert.deepEqual(plan(['d1RS', 'd2RC', 'd3', 'd4'], 1, 1), ['d1RS', 'd2RC', 'd3']);
    assert.deepEqual(plan(['s1RS', 's2'], 1, 1), ['s1RS', 's2']);
  });

  test('makes slow ones that do not run wait like others', () => {
    assert.deepEqual(plan(['d1', 'd2S'], 1, 1), ['d1']);
  });

  test('passes over what the user does not want', () => {
    assert.deepEqual(plan(['d1N', 'd2NF', 'd3'], 1, 1), ['d3']);
  });

  test('that is switched off lets all run', () => {
    assert.deepEqual(plan(['d1', 'd2', 's1', 'd3N'], 1, 0, false), ['d1', 'd2', 's1']);
  });

  test('never has more in its places than there are, and none waits while one is free', () => {
    const kind = fc.constantFrom('d', 's');
    const flags = fc.subarray(['R', 'F', 'C', 'S', 'N']).map((some) => some.join(''));
    const most = fc.option(fc.integer({ min: 1, max: 4 }), { nil: null });
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, flags), { maxLength: 12 }), most, most, (list, downloads, seeds) => {
        const texts = list.map(([letter, some], i) => `${letter}${some}${i}`);
        const running = new Set(plan(texts, downloads, seeds));
        const isFree = (name: string): boolean => name.includes('F') || (name.includes('R') && /[CS]/.test(name));
        for (const [letter, limit] of [
          ['d', downloads ?? Number.POSITIVE_INFINITY],
          ['s', seeds ?? Number.POSITIVE_INFINITY],
        ] as const) {
          const wanted = texts.filter((name) => name.startsWith(letter) && !name.includes('N') && !isFree(name));
          assert.deepEqual(
            wanted.filter((name) => running.has(name)),
            wanted.slice(0, limit),
          );
        }
        for (const name of texts) if (isFree(name) && !name.includes('N')) assert.ok(running.has(name));
      }),
    );
  });
});
