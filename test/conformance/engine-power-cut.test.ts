/** What of the data would survive a power cut, and when it is made to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis, PieceIndex } from '../../src/base/units.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { storageError } from '../../src/storage/errors.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { honestSeed } from './scripted-seed.ts';

const PIECE = 65_536;
const leeching: StageOptions = { content: { files: [PIECE] } };

class Durability {
  /** Pieces that a power cut would lose, and when they were stored. */
  readonly atRisk = new Map<PieceIndex, Millis>();
  flushes = 0;
  underWay = 0;
  mostUnderWay = 0;
}

/** Adds a torrent of 30 pieces, and watches its storage; `sync` is what the disk does at each flush. */
function addWatched(stage: Stage, sync: () => Promise<void> = async () => {}): { other: Stage; seen: Durability } {
  const seen = new Durability();
  const { open } = stage.storages;
  stage.storages.open = async (geometry, options) => {
    const storage = await open(geometry, options);
    const { commit } = storage;
    storage.commit = async (piece, ...rest) => {
      const result = await commit.call(storage, piece, ...rest);
      if (result === 'stored') seen.atRisk.set(piece, stage.clock.now());
      return result;
    };
    storage.flush = async () => {
      const pieces = [...seen.atRisk.keys()];
      seen.flushes++;
      seen.mostUnderWay = Math.max(seen.mostUnderWay, ++seen.underWay);
      await sync().finally(() => seen.underWay--);
      for (const piece of pieces) seen.atRisk.delete(piece);
    };
    return storage;
  };
  return { other: stage.add(testTorrent({ files: [30 * PIECE], seed: 2 })), seen };
}

test('while pieces arrive each survives a power cut after half a minute', () =>
  onStage(leeching, async (stage) => {
    const { other, seen } = addWatched(stage);
    await other.untilState('downloading');
    await honestSeed(other, { up: 20_000 });
    let oldest: Millis = 0;
    while (other.torrent.state.kind === 'downloading') {
      await stage.clock.sleep(500);
      oldest = Math.max(oldest, ...Array.from(seen.atRisk.values(), (since) => stage.clock.now() - since));
    }
    assert.equal(other.torrent.state.kind, 'seeding');
    assert.ok(oldest > 20_000 && oldest < 32_000, `a piece waited ${oldest} ms`);
  }));

test('a torrent that is complete survives a power cut a second later', () =>
  onStage(leeching, async (stage) => {
    const { other, seen } = addWatched(stage);
    await other.untilState('downloading');
    await honestSeed(other);
    await other.untilState('seeding');
    assert.ok(seen.atRisk.size > 0, 'whoever waits for the torrent is told first');
    await stage.clock.sleep(1500);
    assert.equal(seen.atRisk.size, 0);
  }));

test('nothing is flushed again before something was stored', () =>
  onStage(leeching, async (stage) => {
    const { other, seen } = addWatched(stage);
    await other.untilState('downloading');
    other.keepAlive(await honestSeed(other, { pieces: [3, 4] }));
    await other.until(() => seen.flushes === 1, 40_000);
    await stage.clock.sleep(600_000);
    assert.equal(seen.flushes, 1);
  }));

test('while one flush is under way no other begins', () =>
  onStage(leeching, async (stage) => {
    const { other, seen } = addWatched(stage, () => stage.clock.sleep(50_000));
    await other.untilState('downloading');
    await honestSeed(other, { up: 10_000 });
    await other.until(() => other.torrent.status().piecesHave === 29);
    assert.equal(seen.mostUnderWay, 1);
    assert.ok(seen.flushes >= 2);
  }));

test('a flush that fails while pieces arrive stops the torrent', () =>
  onStage(leeching, async (stage) => {
    const { other } = addWatched(stage, () =>
      Promise.reject(storageError('STORAGE_WRITE_FAILED', 'the disk failed to sync')),
    );
    await other.untilState('downloading');
    other.keepAlive(await honestSeed(other, { pieces: [3] }));
    await other.untilState('failed', 40_000);
    const { state } = other.torrent;
    assert.ok(state.kind === 'failed');
    assert.equal(state.error.code, 'STORAGE_WRITE_FAILED');
  }));

test('a flush that ends because the torrent is removed is no error', async (t) => {
  const logger = { ...silentLogger, error: t.mock.fn() };
  await onStage({ ...leeching, logger }, async (stage) => {
    const syncing = Promise.withResolvers<void>();
    const { other, seen } = addWatched(stage, () => syncing.promise);
    await other.untilState('downloading');
    await honestSeed(other);
    await other.untilState('seeding');
    const pausing = other.torrent.life.pause();
    await other.until(() => seen.flushes === 1);
    await other.torrent.life.close();
    syncing.reject(storageError('STORAGE_CLOSED', 'the storage is closed'));
    await pausing;
  });
  assert.deepEqual(
    logger.error.mock.calls.map(({ arguments: said }) => said),
    [],
  );
});

test('what a check has found survives a power cut after half a minute', () =>
  onStage(leeching, async (stage) => {
    const { other, seen } = addWatched(stage);
    await other.untilState('downloading');
    await honestSeed(other);
    await other.untilState('seeding');
    await other.torrent.life.recheck();
    seen.flushes = 0;
    await other.untilState('seeding');
    await stage.clock.sleep(32_000);
    assert.equal(seen.flushes, 1);
  }));
