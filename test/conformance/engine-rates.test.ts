import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteCount, BytesPerSecond } from '../../src/base/units.ts';
import { BLOCK_LENGTH } from '../../src/codec/metainfo/index.ts';
import { encodeRequests, Frame } from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { disk } from '../sim/sim-disk.ts';
import { testTorrent } from '../sim/test-torrent.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { honestSeed } from './scripted-seed.ts';

const content = { files: [12_500_000], pieceLength: 262_144 };
const KB = 1000;

/** A leecher that has always requests waiting with us. */
async function hungry(stage: Stage): Promise<FakePeer> {
  const peer = await stage.peer({ fast: true });
  stage.keepAlive(peer);
  let next = 0;
  const ask = (count: number): void => {
    const blocks = Array.from({ length: count }, () => {
      const index = next++ % (16 * (stage.geometry.pieceCount - 1));
      return stage.block(Math.floor(index / 16), index % 16);
    });
    peer.send(encodeRequests(blocks));
  };
  peer.onMessage = (message) => {
    if (message.type === 'unchoke') ask(100);
    if (message.type === 'piece') ask(1);
  };
  peer.send(Frame.interested);
  return peer;
}

/** Bytes that pass in 20 s, once the first moments are over. */
async function in20s(stage: Stage, count: () => ByteCount): Promise<ByteCount> {
  await stage.clock.sleep(3000);
  const before = count();
  await stage.clock.sleep(20_000);
  return count() - before;
}

function assertRate(bytes: ByteCount, rate: BytesPerSecond): void {
  const share = bytes / (20 * rate);
  assert.ok(share > 0.9 && share < 1.1, `${share.toFixed(3)} times the limit`);
}

const limited: Array<[string, (rate: BytesPerSecond) => StageOptions]> = [
  ['of the session', (rate) => ({ engine: { downloadLimit: rate, uploadLimit: rate } })],
  ['of the torrent', (rate) => ({ torrent: { downloadLimit: rate, uploadLimit: rate } })],
  [
    'of the torrent, below that of the session',
    (rate) => ({
      engine: { downloadLimit: 3 * rate, uploadLimit: 3 * rate },
      torrent: { downloadLimit: rate, uploadLimit: rate },
    }),
  ],
  [
    'of the session, below that of the torrent',
    (rate) => ({
      engine: { downloadLimit: rate, uploadLimit: rate },
      torrent: { downloadLimit: 3 * rate, uploadLimit: 3 * rate },
    }),
  ],
];
for (const [whose, options] of limited) {
  for (const rate of [20 * KB, 500 * KB]) {
    test(`a download limit ${whose} holds (${rate} B/s)`, () =>
      onStage({ content, ...options(rate) }, async (stage) => {
        for (let i = 0; i < 5; i++) await honestSeed(stage);
        assertRate(await in20s(stage, () => stage.torrent.status().downloaded), rate);
        assert.equal(stage.torrent.status().wasted, 0);
      }));

    test(`an upload limit ${whose} holds (${rate} B/s)`, () =>
      onStage({ content, has: 'everything', ...options(rate) }, async (stage) => {
        for (let i = 0; i < 5; i++) await hungry(stage);
        assertRate(await in20s(stage, () => stage.torrent.status().uploaded), rate);
      }));
  }
}

test('two torrents share the limits of the session', () =>
  onStage({ content, engine: { downloadLimit: 200 * KB } }, async (stage) => {
    const other = stage.add(testTorrent({ ...content, seed: 2 }));
    await other.untilState('downloading');
    for (const each of [stage, other]) for (let i = 0; i < 2; i++) await honestSeed(each);
    const count = (): ByteCount => stage.torrent.status().downloaded + other.torrent.status().downloaded;
    assertRate(await in20s(stage, count), 200 * KB);
    assert.ok(stage.torrent.status().downloaded > 500 * KB && other.torrent.status().downloaded > 500 * KB);
  }));

/** Bytes per second of each of three torrents, of low, normal and high priority, after the first moments. */
async function sharedRates(stage: Stage, kind: 'download' | 'upload'): Promise<BytesPerSecond[]> {
  const stages = [stage, ...[2, 3].map((seed) => stage.add(testTorrent({ ...content, seed })))];
  for (const each of stages) await each.untilState('downloading');
  if (kind === 'upload') {
    for (const each of stages) await honestSeed(each);
    for (const each of stages) await each.untilState('seeding');
  }
  stage.member.session.setLimits({ [kind]: 210 * KB });
  for (const [i, priority] of (['low', 'normal', 'high'] as const).entries()) {
    stages[i]?.torrent.setLimits({ priority });
  }
  for (const each of stages) for (let i = 0; i < 2; i++) await (kind === 'upload' ? hungry(each) : honestSeed(each));
  const counts = (): ByteCount[] => stages.map(({ torrent }) => torrent.status()[`${kind}ed`]);
  await stage.clock.sleep(3000);
  const before = counts();
  await stage.clock.sleep(60_000);
  return counts().map((bytes, i) => (bytes - (before[i] as ByteCount)) / 60);
}

for (const kind of ['download', 'upload'] as const) {
  test(`torrents get shares of the session's ${kind} limit by their priority`, () =>
    onStage({ content }, async (stage) => {
      const rates = await sharedRates(stage, kind);
      for (const [i, rate] of [30 * KB, 60 * KB, 120 * KB].entries()) {
        const share = (rates[i] as number) / rate;
        assert.ok(share > 0.85 && share < 1.15, `${rates.map(Math.round).join()} B/s`);
      }
    }));
}

test('a share that one torrent does not use is left to the others', () =>
  onStage({ content, engine: { downloadLimit: 200 * KB }, torrent: { bandwidthPriority: 'low' } }, async (stage) => {
    const other = stage.add(testTorrent({ ...content, seed: 2 }), { bandwidthPriority: 'high' });
    await honestSeed(other, { delay: 4000 }); // always wants more, and gets little
    for (let i = 0; i < 2; i++) await honestSeed(stage);
    assertRate(
      await in20s(stage, () => stage.torrent.status().downloaded + other.torrent.status().downloaded),
      200 * KB,
    );
    await stage.member.session.remove(other.torrent);
    assertRate(await in20s(stage, () => stage.torrent.status().downloaded), 200 * KB);
  }));

test('the limit of one torrent does not slow another', () =>
  onStage({ content, torrent: { downloadLimit: 20 * KB } }, async (stage) => {
    const other = stage.add(testTorrent({ files: [3_000_000], seed: 2 }));
    await other.untilState('downloading');
    for (const each of [stage, other]) await honestSeed(each);
    await other.untilState('seeding', 5000);
  }));

test('a limit can be changed, and lifted, while the torrent runs', () =>
  onStage({ content }, async (stage) => {
    stage.torrent.setLimits({ download: 100 * KB });
    for (let i = 0; i < 3; i++) await honestSeed(stage);
    assertRate(await in20s(stage, () => stage.torrent.status().downloaded), 100 * KB);
    stage.member.session.setLimits({ download: 50 * KB });
    assertRate(await in20s(stage, () => stage.torrent.status().downloaded), 50 * KB);
    stage.member.session.setLimits({ download: 0 });
    stage.torrent.setLimits({ download: 0 });
    await stage.untilState('seeding', 20_000);
  }));

test('peers that we do not read from, because of a limit, are not taken for silent or slow', () =>
  onStage({ content: { files: [600_000] }, engine: { downloadLimit: 1000 } }, async (stage) => {
    for (let i = 0; i < 6; i++) stage.keepAlive(await honestSeed(stage));
    await stage.untilState('seeding', 900_000);
    const { wasted } = stage.torrent.status();
    assert.ok(wasted <= 32_768, `${wasted} bytes came twice`);
    assert.ok(
      stage.endings.every(({ reason }) => !reason.startsWith('timeout')),
      JSON.stringify(stage.endings),
    );
  }));

test('without limits nothing is held back', () =>
  onStage({ content }, async (stage) => {
    await honestSeed(stage);
    await stage.untilState('seeding', 3000);
  }));

test('slots bound the peers that are served at the same time', () =>
  onStage({ content, has: 'everything', engine: { uploadSlots: 3 } }, async (stage) => {
    for (let i = 0; i < 10; i++) {
      const peer = await stage.peer();
      peer.send(Frame.interested);
    }
    await stage.clock.sleep(1000);
    assert.equal(stage.torrent.peers().filter(({ amChoking }) => !amChoking).length, 3);
  }));

test('with one slot everybody is served in turn', () =>
  onStage({ content, has: 'everything', engine: { uploadSlots: 1, uploadLimit: 100 * KB } }, async (stage) => {
    const peers = [await hungry(stage), await hungry(stage), await hungry(stage)];
    await stage.clock.sleep(20 * 60_000);
    for (const peer of peers) assert.ok(peer.received.some(({ type }) => type === 'piece'));
    assert.ok(stage.torrent.peers().filter(({ amChoking }) => !amChoking).length <= 1);
  }));

test('seeding ends at the ratio that was set', () =>
  onStage({ content: { files: [1_000_000] }, has: 'everything', torrent: { seedRatio: 2 } }, async (stage) => {
    let uploaded = 0;
    stage.torrent.events.on('seedGoalReached', (goal) => void (uploaded = goal.uploaded));
    const peer = await stage.peer({ fast: true, down: 200 * KB });
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    for (let i = 0; i < 300; i++) peer.send(encodeRequests([stage.block(i % 15, i % 4)]));
    await stage.untilState('paused');
    assert.ok(uploaded >= 2_000_000 && uploaded < 2_700_000, `${uploaded} bytes were uploaded`);
    await peer.expectClose();
  }));

test('the ratio is not reached before what counts for it has left', () =>
  onStage(
    {
      content: { files: [1_000_000] },
      has: 'everything',
      disk: disk().slow({ seek: 3000 }),
      torrent: { seedRatio: 1 },
    },
    async (stage) => {
      const peer = await stage.peer({ fast: true });
      stage.keepAlive(peer);
      peer.send(Frame.interested);
      await peer.expect('unchoke');
      const blocks = Array.from({ length: stage.geometry.pieceCount }, (_, piece) =>
        Array.from({ length: Math.ceil(stage.geometry.pieceSize(piece) / BLOCK_LENGTH) }, (_one, block) =>
          stage.block(piece, block),
        ),
      ).flat();
      peer.send(encodeRequests(blocks));
      await stage.clock.sleep(2000);
      assert.equal(stage.torrent.status().uploaded, 0, 'the disk is still at the first of them');
      await stage.untilState('paused', 600_000);
      await peer.expectClose();
      assert.equal(peer.received.filter(({ type }) => type === 'piece').length, blocks.length);
    },
  ));

test('seeding ends after the time that was set, peers or not', () =>
  onStage({ content: { files: [1_000_000] }, has: 'everything', torrent: { seedTime: 600_000 } }, async (stage) => {
    const start = stage.clock.now();
    await stage.untilState('paused', 700_000);
    assert.ok(Math.abs(stage.clock.now() - start - 600_000) < 5000);
  }));

test('a torrent that is resumed after its goal seeds on', () =>
  onStage({ content: { files: [1_000_000] }, has: 'everything', torrent: { seedTime: 60_000 } }, async (stage) => {
    await stage.untilState('paused');
    stage.torrent.life.start();
    await stage.untilState('seeding');
    await stage.peer();
    await stage.clock.sleep(90_000);
    assert.equal(stage.torrent.state.kind, 'seeding');
  }));

test('the time of seeding begins with the end of the download', () =>
  onStage({ content: { files: [1_000_000] }, torrent: { seedTime: 60_000 } }, async (stage) => {
    await stage.clock.sleep(120_000);
    assert.equal(stage.torrent.state.kind, 'downloading');
    await honestSeed(stage);
    await stage.untilState('seeding');
    const start = stage.clock.now();
    await stage.untilState('paused');
    assert.ok(stage.clock.now() - start >= 59_000);
  }));
