/** What is taken back when the database does not take it, and what becomes of it after that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DurableRecord } from './durable-record.ts';
import { smallTorrent, Stage } from '../fakes.test.ts';
import type { TorrentRecord } from './torrent-record.ts';

/** A database that takes each change when it is told to. */
class SlowStore {
  readonly saved: TorrentRecord[] = [];
  readonly #open: PromiseWithResolvers<void>[] = [];

  save(_id: number, record: TorrentRecord): Promise<void> {
    this.saved.push(record);
    const taken = Promise.withResolvers<void>();
    this.#open.push(taken);
    return taken.promise;
  }

  take(): void {
    this.#open.shift()?.resolve();
  }

  fail(): void {
    this.#open.shift()?.reject(new Error('the database is away'));
  }
}

async function open(): Promise<{ readonly record: DurableRecord; readonly store: SlowStore }> {
  await using stage = await Stage.open();
  await stage.client.torrents.add({ source: smallTorrent(1).bytes });
  const [torrent] = stage.client.torrents.all();
  const value = torrent?.record.value as TorrentRecord;
  const store = new SlowStore();
  return { store, record: new DurableRecord(1, value, store, { changed: () => {} }) };
}

const removal = { pending: { kind: 'remove', deleteData: true } } as const;

test('a change that was asked for twice is taken back when both fail', async () => {
  const { record, store } = await open();
  const changes = [record.change(removal), record.change({ pending: { ...removal.pending } })];
  store.fail();
  store.fail();
  for (const change of changes) await assert.rejects(change);
  assert.equal(record.value.pending, null);
});

test('what failed after it was written with a later change is written as it is', async () => {
  const { record, store } = await open();
  const removed = record.change(removal);
  const named = record.change({ name: 'other' });
  store.fail();
  store.take();
  await assert.rejects(removed);
  await named;
  assert.deepEqual([record.value.pending, record.value.name], [null, 'other']);
  assert.equal(record.isBehind, true);
  const caughtUp = record.catchUp();
  store.take();
  await caughtUp;
  assert.deepEqual([store.saved.at(-1), record.isBehind], [record.value, false]);
});
