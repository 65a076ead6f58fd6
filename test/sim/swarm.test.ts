import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import { FakePeer } from './fake-peer.ts';
import { fluidBound } from './fluid-bound.ts';
import { disk } from './sim-disk.ts';
import { Swarm } from './swarm.ts';

const KB = 1000;
const MB = 1_000_000;
const MINUTE = 60_000;

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  for (const isMagnet of [false, true]) {
    test(`five leechers get a ${version} torrent from one seed ${isMagnet ? 'by its info hash' : ''}`, async () => {
      const swarm = new Swarm({ seed: 1, torrent: { files: [600_000, 0, 300_000], version } });
      await swarm.addSeed({ up: MB });
      await swarm.addLeechers(5, { up: 500 * KB, down: 2 * MB, isMagnet });
      await swarm.untilComplete({ within: MINUTE });
      await swarm.assertBitExact();
    });
  }
}

test('a seed that nobody asks sleeps between its announces, and serves who comes then', async () => {
  const swarm = new Swarm({ seed: 1, torrent: { files: [MB] } });
  await swarm.addSeed();
  await swarm.clock.run(MINUTE);
  const before = swarm.clock.fired;
  await swarm.clock.run(10 * MINUTE);
  assert.ok(swarm.clock.fired - before < 60, `woke up ${swarm.clock.fired - before} times in 600 s`);
  await swarm.addLeechers(1);
  await swarm.untilComplete({ within: MINUTE });
});

test('a swarm is not much slower than water', async () => {
  const size = 8 * MB;
  const [up, down] = [500 * KB, 2 * MB];
  const swarm = new Swarm({ seed: 2, latency: 20, torrent: { files: [size], pieceLength: 65_536 } });
  await swarm.addSeed({ up: MB });
  const peers = await swarm.addLeechers(10, { up, down });
  await swarm.untilComplete({ within: 10 * MINUTE });
  const ratio = swarm.clock.now() / fluidBound({ size, seedUp: MB, peers: peers.map(() => ({ up, down })) });
  assert.ok(ratio < 2, `${ratio} times the fluid bound`);
});

test('a corrupting seed does not spoil a swarm', async () => {
  const swarm = new Swarm({ seed: 3, torrent: { files: [2 * MB] } });
  await swarm.addSeed({ up: MB });
  await swarm.addSeed({ up: MB, disk: disk().corrupt(0.2) });
  const leechers = await swarm.addLeechers(3, { up: MB });
  await swarm.untilComplete({ within: 5 * MINUTE });
  await swarm.assertBitExact();
  assert.ok(leechers.some(({ hashFailures }) => hashFailures > 0));
});

test('a full disk stops its own session only', async () => {
  const swarm = new Swarm({ seed: 4, torrent: { files: [2 * MB] } });
  await swarm.addSeed({ up: MB });
  const full = await swarm.addMember({ disk: disk().full(500 * KB) });
  const others = await swarm.addLeechers(2);
  await swarm.untilComplete({ within: 5 * MINUTE, members: others });
  const { state } = full.torrent.status();
  assert.deepEqual([state.kind, state.kind === 'failed' && state.error.code], ['failed', 'STORAGE_NO_SPACE']);
  await swarm.assertBitExact();
});

test('a slow disk makes a slow peer', async () => {
  const swarm = new Swarm({ seed: 5, torrent: { files: [MB] } });
  await swarm.addSeed();
  const slow = await swarm.addMember({ disk: disk().slow({ rate: 50 * KB }) });
  const [quick] = await swarm.addLeechers(1);
  await swarm.untilComplete({ within: 5 * MINUTE });
  assert.ok((slow.completedAt ?? 0) >= 20_000, `slow at ${slow.completedAt}`);
  assert.ok((quick?.completedAt ?? MINUTE) < 10_000, `quick at ${quick?.completedAt}`);
});

test('peers that have parts complete each other', async () => {
  const swarm = new Swarm({ seed: 6, torrent: { files: [MB], pieceLength: 32_768 } });
  const pieces = Array.from({ length: swarm.torrent.geometry.pieceCount }, (_, piece) => piece);
  for (const rest of [0, 1, 2]) await swarm.addMember({ has: pieces.filter((piece) => piece % 3 === rest) });
  await swarm.untilComplete({ within: MINUTE });
  await swarm.assertBitExact();
});

test('a swarm survives the crash of its seed once every piece has left it', async () => {
  const swarm = new Swarm({ seed: 7, torrent: { files: [2 * MB] } });
  const seed = await swarm.addSeed({ up: 500 * KB });
  const leechers = await swarm.addLeechers(4, { up: 500 * KB });
  const hasLeft = (): boolean => leechers.some((member) => member.torrent.status().availability >= 2);
  await swarm.clock.until(hasLeft, 5 * MINUTE);
  await swarm.crash(seed);
  await swarm.untilComplete({ within: 20 * MINUTE });
  await swarm.assertBitExact();
});

test('a partition that heals delays a download and does not end it', async () => {
  const swarm = new Swarm({ seed: 8, torrent: { files: [2 * MB] } });
  const seed = await swarm.addSeed({ up: 200 * KB });
  const [leecher] = await swarm.addLeechers(1);
  await swarm.run(3000);
  assert.ok(leecher !== undefined);
  swarm.network.partition(seed.host, leecher.host);
  await swarm.run(10 * MINUTE);
  assert.equal(leecher.isComplete, false);
  swarm.network.heal(seed.host, leecher.host);
  await swarm.untilComplete({ within: 10 * MINUTE });
  await swarm.assertBitExact();
});

test('the same seed gives the same swarm, to the byte and the millisecond', async () => {
  const run = async (seed: number): Promise<string> => {
    const swarm = new Swarm({ seed, jitter: 10, loss: 0.01, torrent: { files: [MB] } });
    await swarm.addSeed({ up: MB });
    await swarm.addLeechers(4, { up: MB });
    await swarm.untilComplete({ within: 5 * MINUTE });
    return `${swarm.network.fingerprint} ${swarm.clock.fired} ${swarm.clock.now()}`;
  };
  assert.equal(await run(9), await run(9));
  assert.notEqual(await run(9), await run(10));
});

test('a scripted peer is served by a real session', async () => {
  const swarm = new Swarm({ seed: 11, torrent: { files: [100_000] } });
  const seed = await swarm.addSeed();
  const { transport } = swarm.network.host('10.9.9.9');
  const address = { host: seed.host.address, port: 6881 };
  const peer = await swarm.clock.finish(FakePeer.connect(transport, address, swarm.clock));
  const infoHash = swarm.torrent.metainfo.infoHashes.v1 as Uint8Array;
  const talk = async (): Promise<Uint8Array> => {
    peer.handshake(infoHash, { fast: true });
    assert.deepEqual((await peer.expectHandshake()).infoHash, infoHash);
    await peer.expect('haveAll');
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequest({ piece: 1, begin: 16_384, length: 16_384 }));
    return (await peer.expect('piece')).data;
  };
  const start = swarm.torrent.geometry.pieceOffset(1) + 16_384;
  assert.deepEqual(await swarm.clock.finish(talk()), swarm.torrent.data.slice(start, start + 16_384));
});
