import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { makeSample } from '../../../test/storage/sample-torrent.ts';
import type { Disk } from './disk.ts';
import type { Site } from './disk-jobs.ts';
import { encodeDone } from './journal-records.ts';
import { JournalState } from './journal-state.ts';
import { Journal } from './journal.ts';

test('a journal that has ended writes no more, and has ended when what was being written is', async () => {
  const { geometry, infoHashes } = makeSample({ a: 50_000 });
  const writing = Promise.withResolvers<void>();
  const modes: string[] = [];
  const run = async (_kind: string, { mode }: { mode: string }): Promise<void> => {
    modes.push(mode);
    await writing.promise;
  };
  const disk = { run, release: () => Promise.resolve() } as unknown as Disk;
  const deps = { disk, bootId: new Uint8Array(16), logger: silentLogger };
  const journal = new Journal('/journal', { infoHashes, geometry }, new JournalState(geometry.pieceCount), deps);
  const site: Site = { torrent: 1, root: '/', isStrict: true, device: null, contentKey: null };
  void journal.append(site, encodeDone([0], []));
  void journal.append(site, encodeDone([1], []));
  await new Promise(setImmediate);
  let isEnded = false;
  const ended = journal.end().then(() => {
    isEnded = true;
  });
  await new Promise(setImmediate);
  assert.deepEqual([modes, isEnded], [['replace'], false]);
  writing.resolve();
  await ended;
  await journal.append(site, encodeDone([2], []));
  assert.deepEqual(modes, ['replace']);
});
