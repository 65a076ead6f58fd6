import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineTracker } from '../engine-port.ts';
import { TrackerWatch } from './tracker-watch.ts';

const tracker = (url: string, state: EngineTracker['state'], message: string | null = null): EngineTracker => ({
  ...{ id: 0, url, tier: 0, state, message, seeders: null, leechers: null, downloads: null },
  ...{ peersReceived: 0, lastAt: null, nextIn: null },
});

function watching(): [TrackerWatch, unknown[][]] {
  const told: unknown[][] = [];
  return [new TrackerWatch('hash', { emit: (name, data) => void told.push([name, data]) }), told];
}

test('a tracker that fails is told once, and once when it answers again', () => {
  const [watch, told] = watching();
  watch.look([tracker('a', 'working'), tracker('b', 'ok')]);
  watch.look([tracker('a', 'failed', 'refused'), tracker('b', 'ok')]);
  watch.look([tracker('a', 'working'), tracker('b', 'ok')]);
  watch.look([tracker('a', 'failed', 'refused'), tracker('b', 'ok')]);
  watch.look([tracker('a', 'ok'), tracker('b', 'ok')]);
  watch.look([tracker('a', 'ok'), tracker('b', 'ok')]);
  assert.deepEqual(told, [
    ['tracker.failed', { hash: 'hash', url: 'a', message: 'refused' }],
    ['tracker.recovered', { hash: 'hash', url: 'a' }],
  ]);
});

test('passkeys are not told', () => {
  const [watch, told] = watching();
  for (const path of ['0123456789abcdef0123456789abcdef/announce', 'announce/0123456789abcdef', 'announce?passkey=0']) {
    const url = `https://t.example/${path}`;
    const shown = `https://t.example/${path.replace(/\b[\da-f]+$|^[\da-f]{32}/, '[redacted]')}`;
    told.length = 0;
    watch.look([tracker(url, 'failed', `${url} is refused`)]);
    assert.equal(watch.warning, `${shown}: ${shown} is refused`);
    watch.look([tracker(url, 'ok', `${url} is slow`)]);
    assert.equal(watch.warning, `${shown}: ${shown} is slow`);
    assert.deepEqual(told, [
      ['tracker.failed', { hash: 'hash', url: shown, message: `${shown} is refused` }],
      ['tracker.recovered', { hash: 'hash', url: shown }],
    ]);
  }
});

test('there is a warning that names the tracker when all fail, or when one that answers has a message', () => {
  const [watch] = watching();
  watch.look([tracker('a', 'failed', 'refused'), tracker('b', 'ok')]);
  assert.equal(watch.warning, null);
  watch.look([tracker('a', 'failed', 'refused'), tracker('b', 'failed', 'gone')]);
  assert.equal(watch.warning, 'a: refused');
  watch.look([tracker('a', 'failed', 'refused'), tracker('b', 'ok', 'too many torrents')]);
  assert.equal(watch.warning, 'b: too many torrents');
  watch.look([tracker('a', 'ok')]);
  watch.look([tracker('a', 'failed')]);
  assert.equal(watch.warning, 'a: no answer');
  watch.look([]);
  assert.equal(watch.warning, null);
});

test('it says whether there is anything new', () => {
  const [watch] = watching();
  assert.equal(watch.look([tracker('a', 'ok')]), true);
  assert.equal(watch.look([tracker('a', 'ok')]), false);
  assert.equal(watch.look([{ ...tracker('a', 'ok'), seeders: 3 }]), true);
});
