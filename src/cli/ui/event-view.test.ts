import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventTexts } from '../../app/client/events/event-texts.ts';
import { eventLine } from './event-view.ts';

const plain = (text: string): string => text;
const names = new Map([['aa', 'album']]);
const told = (name: string, data: Record<string, unknown>): string =>
  eventLine({ name, at: 1000, data }, (hash) => names.get(hash) ?? null, plain).slice('00:00:00  '.length);

test('an event names its torrent and says what has happened', () => {
  assert.equal(told('torrent.added', { hash: 'bb', name: 'new one' }), 'torrent.added          new one');
  assert.equal(
    told('torrent.state', { hash: 'aa', from: 'queued', to: 'downloading' }),
    'torrent.state          album  queued -> downloading',
  );
  assert.equal(told('piece.failed', { hash: 'cc', piece: 3 }), 'piece.failed           cc  piece 3');
  assert.equal(told('health.changed', { check: 'disk', problem: null }), 'health.changed         disk: well again');
  assert.equal(
    told('settings.changed', { keys: ['a', 'b'], needRestart: ['b'] }),
    'settings.changed       a, b; after a restart: b',
  );
});

test('an event of a later version shows what it carries, and nothing acts on the terminal', () => {
  assert.equal(told('moon.rose', { phase: 'full' }), 'moon.rose              {"phase":"full"}');
  assert.equal(told('torrent.added', { hash: 'bb', name: 'a\u001b[2J' }), 'torrent.added          a\\x1b[2J');
});

test('the names of all events fit into their column', () => {
  for (const name of Object.keys(eventTexts)) assert.ok(name.length <= 21, name);
});
