/** The library over a fake engine: what becomes of torrents, and what is there after a crash. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { toHex } from '../../../base/bytes.ts';
import { DstError } from '../../../base/errors.ts';
import { seededRandom } from '../../../base/random.ts';
import { hybridIdentity, hybridRecipient } from '../../../codec/dst/index.ts';
import { nodePrimitives } from '../../../crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../../../crypto/x-wing.ts';
import { createSealedTorrent, type OpenedSealedTorrent, openSealedTorrent } from '../../sealed-torrent/index.ts';
import { type FakeTorrent, smallTorrent, Stage, until } from '../fakes.test.ts';
import type { ManagedTorrent, NewTorrent } from '../torrents.ts';

const keptFiles = async (stage: Stage): Promise<string[]> => (await readdir(stage.kept)).toSorted();
const names = (torrents: readonly ManagedTorrent[]): string[] => torrents.map((torrent) => torrent.view().name);
const last = (stage: Stage): FakeTorrent => stage.torrents.at(-1) as FakeTorrent;

async function add(stage: Stage, seed = 1, more: Partial<NewTorrent> = {}): Promise<ManagedTorrent> {
  const { torrent } = await stage.client.torrents.add({ source: smallTorrent(seed).bytes, ...more });
  await stage.clock.pass(0);
  return torrent;
}

const magnetOf = (seed: number, rest = ''): string =>
  `magnet:?xt=urn:btih:${toHex(smallTorrent(seed).metainfo.infoHashes.v1 as Uint8Array)}${rest}`;

describe('adding', () => {
  test('a torrent is kept, seen and started', async () => {
    await using stage = await Stage.open();
    const { bytes } = smallTorrent(1);
    const torrent = await add(stage);
    const view = torrent.view();
    assert.deepEqual([view.state, view.name, view.totalSize], ['downloading', 'test-1', 100_000]);
    for (const key of [view.hash, view.hash.toUpperCase(), view.id]) {
      assert.equal(stage.client.torrents.find(key), torrent);
    }
    assert.deepEqual(await keptFiles(stage), [`${view.hash}.torrent`]);
    assert.deepEqual(new Uint8Array(await readFile(join(stage.kept, `${view.hash}.torrent`))), bytes);
    assert.equal(last(stage).options.directory, stage.settings.value.downloads);
    assert.deepEqual(stage.eventNames('torrent').slice(0, 1), ['torrent.added']);
  });

  test('a torrent of v2 is found by its long and its short hash', async () => {
    await using stage = await Stage.open();
    const { bytes, metainfo } = smallTorrent(1, { version: 'v2' });
    const { torrent } = await stage.client.torrents.add({ source: bytes });
    const long = toHex(metainfo.infoHashes.v2 as Uint8Array);
    assert.deepEqual([torrent.hash, torrent.view().hashV1, torrent.view().hashV2], [long.slice(0, 40), null, long]);
    assert.equal(stage.client.torrents.find(long), torrent);
    assert.equal(stage.client.torrents.find(long.slice(0, 40)), torrent);
  });

  test('stopped, with choices, the engine gets them and nothing runs', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1, {
      isStopped: true,
      savePath: join(stage.folder, 'other'),
      settings: {
        downloadLimit: 1000,
        isSequential: true,
        obeysGlobalLimits: false,
        maxPeers: 7,
        labels: ['a', 'a'],
        isSuperSeeding: true,
        bandwidthPriority: 'low',
      },
      priorities: new Map([[0, 6]]),
      paths: new Map([[0, ['elsewhere']]]),
      isCheckSkipped: true,
      name: 'mine',
    });
    const { options, calls } = last(stage);
    assert.deepEqual(calls, []);
    const { directory, downloadLimit, isSequential, ignoresSessionLimits, maxConnections, trustsData } = options;
    assert.deepEqual(
      [directory, downloadLimit, isSequential, ignoresSessionLimits, maxConnections, trustsData],
      [join(stage.folder, 'other'), 1000, true, true, 7, true],
    );
    assert.deepEqual([options.isSuperSeeding, options.bandwidthPriority], [true, 'low']);
    assert.deepEqual([...(options.priorities ?? [])], [[0, 6]]);
    assert.deepEqual([...(options.paths ?? [])], [[0, ['elsewhere']]]);
    const view = torrent.view();
    assert.deepEqual([view.state, view.name, view.settings.labels], ['stopped', 'mine', ['a']]);
  });

  test('again it is the same torrent, with the new trackers, unless it is private', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1, { trackers: [['http://a.example/announce']] });
    const trackers = [['http://a.example/announce', 'http://b.example/announce']];
    const again = await stage.client.torrents.add({ source: smallTorrent(1).bytes, trackers });
    assert.deepEqual([again.torrent, again.isDuplicate, stage.client.torrents.size], [torrent, true, 1]);
    assert.deepEqual(
      last(stage).calls.at(-1),
      'setTrackers [["http://a.example/announce"],["http://b.example/announce"]]',
    );
    const secret = smallTorrent(2, { isPrivate: true }).bytes;
    await stage.client.torrents.add({ source: secret });
    await stage.clock.pass(0);
    await stage.client.torrents.add({ source: secret, trackers });
    assert.deepEqual(last(stage).calls, ['resume']);
  });

  test('two additions of one torrent at the same time make one', async () => {
    await using stage = await Stage.open();
    const { bytes } = smallTorrent(1);
    const added = await Promise.all([1, 2, 3].map(() => stage.client.torrents.add({ source: bytes })));
    assert.deepEqual(
      added.map(({ isDuplicate }) => isDuplicate),
      [false, true, true],
    );
    assert.equal(stage.torrents.length, 1);
  });

  test('a bad source is refused and leaves nothing behind', async () => {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    await assert.rejects(torrents.add({ source: new Uint8Array([1, 2]) }), { code: /^(BENCODE|METAINFO)_/ });
    await assert.rejects(torrents.add({ source: 'nonsense' }), { code: 'MAGNET_NOT_A_LINK' });
    const outside = torrents.add({ source: smallTorrent(1).bytes, savePath: '/etc' });
    await assert.rejects(outside, { code: 'CLIENT_PATH_REFUSED' });
    const { bytes } = smallTorrent(1);
    await assert.rejects(torrents.add({ source: bytes, trackers: [['file:///x']] }), { code: 'CLIENT_BAD_SETTING' });
    assert.deepEqual([torrents.size, await keptFiles(stage)], [0, []]);
  });

  test('what the engine refuses is there, failed, with its reason', async () => {
    await using stage = await Stage.open();
    stage.engine.refusal = Object.assign(new Error('no more'), { code: 'ENGINE_DUPLICATE' });
    const view = (await add(stage)).view();
    assert.deepEqual([view.state, view.problem?.code], ['failed', 'ENGINE_DUPLICATE']);
  });
});

describe('a magnet link', () => {
  test('becomes a torrent when its metadata arrives, also over a restart', async () => {
    await using stage = await Stage.open();
    const { bytes, metainfo } = smallTorrent(1, { version: 'hybrid' });
    const hash = toHex(metainfo.infoHashes.v1 as Uint8Array);
    stage.engine.files.set(metainfo, bytes);
    const source = `magnet:?xt=urn:btih:${hash}&dn=name&tr=http://a.example/announce`;
    const { torrent } = await stage.client.torrents.add({ source });
    await stage.clock.pass(0);
    assert.deepEqual([torrent.view().state, torrent.view().name], ['fetching-metadata', 'name']);
    assert.deepEqual(await keptFiles(stage), []);
    last(stage).metadataArrives(metainfo);
    await until(() => torrent.view().hashV2 !== null);
    await stage.clock.pass(0);
    assert.deepEqual([torrent.view().name, torrent.hash, torrent.view().state], ['test-1', hash, 'downloading']);
    assert.equal(stage.eventNames('torrent.metadata').length, 1);
    await stage.stop();
    await stage.start();
    assert.equal(last(stage).metainfo?.info.name, 'test-1');
    assert.deepEqual((last(stage).source as { trackers: unknown }).trackers, [['http://a.example/announce']]);
    const long = toHex(metainfo.infoHashes.v2 as Uint8Array);
    assert.equal(stage.client.torrents.find(long)?.hash, hash);
  });

  test('is still one after a restart, with its trackers', async () => {
    await using stage = await Stage.open();
    await stage.client.torrents.add({ source: magnetOf(1, '&tr=http://a.example/announce') });
    stage.kill();
    await stage.start();
    assert.match(last(stage).source as string, /^magnet:.*btih.*tr=http/);
    assert.equal(stage.client.torrents.all()[0]?.view().state, 'fetching-metadata');
  });

  test('keeps the name that the user gave it', async () => {
    await using stage = await Stage.open();
    const { metainfo, bytes } = smallTorrent(1);
    stage.engine.files.set(metainfo, bytes);
    const { torrent } = await stage.client.torrents.add({ source: magnetOf(1) });
    await torrent.setName('mine');
    await stage.clock.pass(0);
    last(stage).metadataArrives(metainfo);
    await until(() => stage.eventNames('torrent.metadata').length === 1);
    assert.equal(torrent.view().name, 'mine');
  });

  test('keeps the name that the user gives it while its torrent file is being written', async () => {
    await using stage = await Stage.open();
    const { metainfo, bytes } = smallTorrent(1);
    stage.engine.files.set(metainfo, bytes);
    const { torrent } = await stage.client.torrents.add({ source: magnetOf(1) });
    await stage.clock.pass(0);
    last(stage).metadataArrives(metainfo);
    await Promise.resolve();
    await torrent.setName('mine');
    await until(() => stage.eventNames('torrent.metadata').length === 1);
    assert.equal(torrent.view().name, 'mine');
  });

  test('may be a bare info hash', async () => {
    await using stage = await Stage.open();
    const hash = toHex(smallTorrent(1).metainfo.infoHashes.v1 as Uint8Array);
    const { torrent } = await stage.client.torrents.add({ source: hash });
    assert.equal(torrent.hash, hash);
    const { isDuplicate } = await stage.client.torrents.add({ source: smallTorrent(1).bytes });
    assert.equal(isDuplicate, true);
  });
});

describe('starting and stopping', () => {
  test('are obeyed and remembered', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    await torrent.stop();
    assert.equal(torrent.view().state, 'stopped');
    stage.kill();
    await stage.start();
    const again = stage.client.torrents.all()[0] as ManagedTorrent;
    assert.equal(again.view().state, 'stopped');
    await again.start();
    await stage.clock.pass(0);
    assert.equal(again.view().state, 'downloading');
    assert.deepEqual(last(stage).calls, ['resume']);
    const [first] = stage.events('torrent.state');
    assert.deepEqual(first?.data, { hash: again.hash, from: 'stopped', to: 'queued' });
  });

  test('trackers are asked while it runs, and otherwise it says that none was', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    assert.equal(torrent.reannounce(), true);
    await torrent.stop();
    await stage.clock.pass(0);
    assert.equal(torrent.reannounce(), false);
  });

  test('a check that is asked for runs while stopped, and the torrent is stopped again', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1, { isStopped: true });
    await torrent.verify();
    await stage.clock.pass(0);
    assert.equal(torrent.view().state, 'checking');
    last(stage).isComplete = true;
    last(stage).checked();
    await stage.clock.pass(0);
    assert.equal(torrent.view().state, 'stopped');
    assert.deepEqual(last(stage).calls, ['recheck']);
    await torrent.verify();
    await torrent.start();
    await stage.clock.pass(1_000);
    assert.equal(torrent.view().state, 'checking');
    last(stage).checked();
    await stage.clock.pass(0);
    assert.deepEqual([torrent.view().state, last(stage).calls], ['seeding', ['recheck', 'recheck', 'resume']]);
  });

  test('a check of a stopped torrent tells whether it is complete', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1, { isStopped: true });
    for (const isComplete of [true, false, true]) {
      await torrent.verify();
      await stage.clock.pass(0);
      last(stage).isComplete = isComplete;
      last(stage).checked();
      await until(() => (torrent.view().completedAt !== null) === isComplete);
      assert.equal(torrent.view().state, 'stopped');
    }
  });

  test('a stopped torrent whose data cannot be looked at says so, and is tried when it is started', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1, { isStopped: true });
    const error = new DstError('STORAGE_MISSING', { category: 'storage', help: '' }, 'no drive');
    last(stage).become({ kind: 'paused', error });
    assert.deepEqual([torrent.view().state, torrent.view().problem?.code], ['failed', 'STORAGE_MISSING']);
    await torrent.start();
    await stage.clock.pass(0);
    assert.deepEqual([torrent.view().state, torrent.view().problem], ['downloading', null]);
  });

  test('a failure is told once, and a start tries again', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    const error = new DstError('STORAGE_NO_SPACE', { category: 'storage', help: '' }, 'disk full');
    for (let i = 0; i < 2; i++) last(stage).become({ kind: 'failed', error });
    const problem = { code: 'STORAGE_NO_SPACE', message: 'disk full', healsItself: true };
    assert.deepEqual([torrent.view().state, torrent.view().problem], ['failed', problem]);
    assert.equal(stage.eventNames('torrent.failed').length, 1);
    await torrent.start();
    await stage.clock.pass(0);
    assert.deepEqual([torrent.view().state, torrent.view().problem], ['downloading', null]);
    assert.equal(stage.eventNames('torrent.healed').length, 1);
  });
});

describe('the queue', () => {
  test('lets so many run, in order, and the next one when one has finished', async () => {
    await using stage = await Stage.open();
    await stage.settings.set({ 'queue.downloads': 1, 'queue.slowRate': 0 });
    const torrents = [await add(stage, 1), await add(stage, 2), await add(stage, 3, { isFirst: true })];
    const states = (): string[] => torrents.map((torrent) => torrent.view().state);
    assert.deepEqual(names(stage.client.torrents.all()), ['test-3', 'test-1', 'test-2']);
    assert.deepEqual(states(), ['queued', 'queued', 'downloading']);
    last(stage).finish();
    await stage.clock.pass(0);
    assert.deepEqual(states(), ['downloading', 'queued', 'seeding']);
    await (torrents[1] as ManagedTorrent).start({ isForced: true });
    await stage.clock.pass(0);
    assert.deepEqual(states(), ['downloading', 'downloading', 'seeding']);
  });

  test('is put in another order, which is remembered', async () => {
    await using stage = await Stage.open();
    await stage.settings.set({ 'queue.downloads': 1, 'queue.slowRate': 0 });
    const [a, b, c] = [await add(stage, 1), await add(stage, 2), await add(stage, 3)];
    await stage.client.torrents.moveInQueue([c, b], 'top');
    await stage.clock.pass(0);
    assert.deepEqual(
      [a, b, c].map((torrent) => [torrent.view().state, torrent.view().queuePosition]),
      [
        ['queued', 2],
        ['downloading', 0],
        ['queued', 1],
      ],
    );
    await stage.client.torrents.moveInQueue([b], { position: 1 });
    stage.kill();
    await stage.start();
    assert.deepEqual(names(stage.client.torrents.all()), ['test-3', 'test-2', 'test-1']);
  });
});

describe('changes', () => {
  test('are those since a revision, with what has gone', async () => {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    const [a, b] = [await add(stage, 1), await add(stage, 2)];
    const first = torrents.changes(0);
    assert.deepEqual([first.isFull, first.changed.length], [true, 2]);
    assert.deepEqual(torrents.changes(first.revision).changed, []);
    await b.change({ labels: ['new'] });
    const second = torrents.changes(first.revision);
    assert.deepEqual([second.isFull, names(second.changed), second.removed], [false, ['test-2'], []]);
    await torrents.remove([a]);
    const third = torrents.changes(second.revision);
    assert.deepEqual(third.removed, [{ id: a.id, hash: a.hash }]);
    assert.equal(torrents.changes(third.revision + 1).isFull, true);
  });

  test('of figures are seen within a second while a torrent is busy, and not when nothing moves', async () => {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    const torrent = await add(stage);
    await stage.clock.pass(2_000);
    const { revision } = torrents.changes(0);
    await stage.clock.pass(2_000);
    assert.deepEqual(torrents.changes(revision).changed, []);
    last(stage).figures = { downloadRate: 500, downloaded: 700 };
    await stage.clock.pass(1_000);
    assert.deepEqual(torrents.changes(revision).changed, [torrent]);
    assert.deepEqual([torrent.view().downloadRate, torrent.view().downloaded], [500, 700]);
  });
});

describe('removing', () => {
  test('takes away the torrent file and the row, and the data when that is wanted', async () => {
    await using stage = await Stage.open();
    const { torrents } = stage.client;
    for (const deleteData of [false, true]) {
      const torrent = await add(stage, 1);
      const engine = last(stage);
      await torrents.remove([torrent], { deleteData });
      assert.deepEqual([torrents.size, torrents.find(torrent.hash), torrents.find(torrent.id)], [0, null, null]);
      await until(() => stage.torrents.length === 0);
      assert.equal(engine.calls.at(-1), `remove ${deleteData}`);
      await assert.rejects(torrent.start(), { code: 'CLIENT_TORRENT_REMOVED' });
      await assert.rejects(torrents.remove([torrent]), { code: 'CLIENT_TORRENT_REMOVED' });
    }
    await stage.stop();
    assert.deepEqual(await keptFiles(stage), []);
    await stage.start();
    assert.equal(stage.client.torrents.size, 0);
  });

  test('is not taken back by a move that ends meanwhile', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    stage.engine.moving = promise;
    stage.engine.removing = new Promise(() => {});
    const to = join(stage.folder, 'archive');
    await torrent.setSavePath(to, { movesData: true });
    await stage.client.torrents.remove([torrent]);
    resolve();
    await until(() => stage.eventNames('torrent.moved').length === 1);
    stage.kill();
    stage.engine.removing = Promise.resolve();
    await stage.start();
    assert.equal(stage.client.torrents.size, 0);
    await until(() => stage.torrents.length === 0);
    await stage.stop();
    assert.deepEqual(await keptFiles(stage), []);
  });

  test('is finished by the next start, and who adds the torrent again waits for it', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage, 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    stage.engine.removing = new Promise(() => {});
    const removing = stage.client.torrents.remove([torrent], { deleteData: true });
    await until(() => stage.client.torrents.size === 0);
    // Nobody waits for it for long.
    await stage.clock.pass(10_000);
    assert.deepEqual(await removing, []);
    stage.kill();
    stage.engine.removing = promise;
    await stage.start();
    assert.equal(stage.client.torrents.size, 0);
    await until(() => stage.torrents.length === 1);
    const leaving = last(stage);
    const adding = stage.client.torrents.add({ source: smallTorrent(1).bytes });
    await stage.clock.pass(0);
    assert.deepEqual([stage.client.torrents.size, stage.torrents.length], [0, 1]);
    resolve();
    const added = await adding;
    assert.deepEqual([leaving.calls, added.isDuplicate], [['remove true'], false]);
    assert.notEqual(added.torrent.id, torrent.id);
    assert.deepEqual(await keptFiles(stage), [`${torrent.hash}.torrent`]);
  });
});

describe('what has come meanwhile', () => {
  test('a torrent file for a magnet link that waits for its metadata is taken', async () => {
    await using stage = await Stage.open();
    const { torrent } = await stage.client.torrents.add({ source: magnetOf(1) });
    await torrent.change({ labels: ['kept'] });
    const waiting = last(stage);
    const again = await stage.client.torrents.add({ source: smallTorrent(1).bytes });
    await stage.clock.pass(0);
    assert.deepEqual([again.torrent, again.isDuplicate, waiting.calls.at(-1)], [torrent, true, 'remove false']);
    assert.deepEqual(
      [torrent.view().state, torrent.view().name, torrent.view().totalSize],
      ['downloading', 'test-1', 100_000],
    );
    assert.deepEqual(await keptFiles(stage), [`${torrent.hash}.torrent`]);
  });

  test('metadata that was kept before a crash is used although the record does not know of it', async () => {
    await using stage = await Stage.open();
    const { torrent } = await stage.client.torrents.add({ source: magnetOf(1) });
    stage.kill();
    await writeFile(join(stage.kept, `${torrent.hash}.torrent`), smallTorrent(1).bytes);
    await stage.start();
    assert.equal(stage.client.torrents.all()[0]?.view().name, 'test-1');
    stage.kill();
    await rm(join(stage.kept, `${torrent.hash}.torrent`));
    await stage.start();
    assert.equal(stage.client.torrents.all()[0]?.view().problem?.code, 'CLIENT_METAINFO_LOST');
  });

  test('metadata is kept even when the engine has no whole torrent file yet, and that when it has', async () => {
    await using stage = await Stage.open();
    const options = { version: 'v2', pieceLength: 16_384 } as const;
    const { bytes, metainfo } = smallTorrent(1, options);
    const bare = smallTorrent(1, { ...options, hasPieceLayers: false });
    const source = `magnet:?xt=urn:btmh:1220${toHex(metainfo.infoHashes.v2 as Uint8Array)}`;
    const { torrent } = await stage.client.torrents.add({ source });
    await stage.clock.pass(0);
    last(stage).metadataArrives(bare.metainfo);
    await until(() => stage.eventNames('torrent.metadata').length === 1);
    const path = join(stage.kept, `${torrent.hash}.torrent`);
    assert.deepEqual(new Uint8Array(await readFile(path)), bare.bytes);
    stage.engine.files.set(bare.metainfo, bytes);
    last(stage).finish();
    await until(() => stage.eventNames('torrent.completed').length === 1);
    await stage.clock.pass(0);
    await until(() => torrent.view().state === 'seeding');
    await stage.stop();
    assert.deepEqual(new Uint8Array(await readFile(path)), bytes);
  });

  test('a move that the end of the program cuts short is gone on with', async () => {
    await using stage = await Stage.open();
    const torrent = await add(stage);
    const { promise, reject } = Promise.withResolvers<void>();
    stage.engine.moving = promise;
    const to = join(stage.folder, 'archive');
    await torrent.setSavePath(to, { movesData: true });
    await stage.clock.pass(0);
    const closing = stage.client.close();
    reject(new Error('the session is closed'));
    await closing;
    stage.kill();
    await stage.start();
    await until(() => last(stage).calls.includes(`move ${to}`));
  });
});

describe('a sealed torrent', () => {
  const random = seededRandom(5);
  const seed = random.bytes(32);
  const recipients = [hybridRecipient(nodePrimitives, random, xWingPublicKeyOf(nodePrimitives, seed))];
  const openSealed = (file: Uint8Array): Promise<OpenedSealedTorrent> =>
    openSealedTorrent(file, [hybridIdentity(nodePrimitives, seed)]);
  const make = async (stage: Stage): Promise<Uint8Array> => {
    await writeFile(join(stage.folder, 'plain'), random.bytes(20_000));
    return (await createSealedTorrent(join(stage.folder, 'plain'), { recipients })).bytes;
  };

  test('is kept opened, for its owner only, so that the next start needs no key', async () => {
    await using stage = await Stage.open();
    stage.openSealed = openSealed;
    const { torrent } = await stage.client.torrents.add({ source: await make(stage) });
    assert.deepEqual([torrent.view().isSealed, torrent.view().name], [true, 'plain']);
    const path = join(stage.kept, `${torrent.hash}.sealed`);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const key = last(stage).metainfo?.info.seal?.contentKey;
    await stage.stop();
    stage.openSealed = () => Promise.reject(new Error('nobody is there'));
    await stage.start();
    assert.deepEqual(last(stage).metainfo?.info.seal?.contentKey, key);
    await stage.client.torrents.remove(stage.client.torrents.all());
    await stage.stop();
    assert.deepEqual(await keptFiles(stage), []);
  });

  test('may have been opened by the caller, and is refused without a key', async () => {
    await using stage = await Stage.open();
    const bytes = await make(stage);
    await assert.rejects(stage.client.torrents.add({ source: bytes }), /no keys/);
    const { torrent } = await stage.client.torrents.add({ source: await openSealed(bytes) });
    assert.equal(torrent.view().isSealed, true);
  });
});
