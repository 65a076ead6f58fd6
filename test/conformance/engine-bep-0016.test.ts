import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PieceIndex } from '../../src/base/units.ts';
import { encodeBitfield, encodeHave, encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { Swarm, type SwarmMember } from '../sim/swarm.ts';
import { expectHandshake, extensionPeer } from './extension-peer.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';

const KB = 1000;
const MINUTE = 60_000;
/** Ten pieces of four blocks. */
const content = { files: [10 * 65_536] };
const pieces = 10;
const superSeeding: StageOptions = { content, has: 'everything', torrent: { isSuperSeeding: true } };

/** The pieces that a peer was told of. */
const told = (peer: FakePeer): PieceIndex[] =>
  peer.received.flatMap((message) => (message.type === 'have' ? [message.piece] : []));
const lastTold = (peer: FakePeer): PieceIndex => told(peer).at(-1) as PieceIndex;

/** A peer that waits for what it is told of. */
async function waiting(stage: Stage, bits: Uint8Array = Uint8Array.of(0, 0)): Promise<FakePeer> {
  const peer = await stage.peer({ fast: true });
  stage.keepAlive(peer);
  peer.send(encodeBitfield(bits), Frame.interested);
  return peer;
}

/** A peer that takes what it is told of: it loses interest when it has that, and may tell of it. */
async function leecher(stage: Stage, { tells = true, fast = true } = {}): Promise<FakePeer> {
  const peer = await stage.peer({ fast });
  stage.keepAlive(peer);
  peer.send(fast ? Frame.haveNone : Frame.keepAlive);
  let blocks = 0;
  peer.onMessage = (message) => {
    if (message.type === 'have') peer.send(Frame.interested);
    if (message.type === 'unchoke' || (message.type === 'have' && !stage.session(peer).amChoking)) {
      for (let block = 0; block < 4; block++) peer.send(encodeRequest(stage.block(lastTold(peer), block)));
    }
    if (message.type !== 'piece' || ++blocks % 4 !== 0) return;
    if (tells) peer.send(encodeHave(message.piece));
    peer.send(Frame.notInterested);
  };
  return peer;
}

for (const fast of [true, false]) {
  test(`a peer ${fast ? 'with' : 'without'} the fast extension is told of one piece, and not what we have`, () =>
    onStage(superSeeding, async (stage) => {
      const peer = await leecher(stage, { fast });
      await waiting(stage); // somebody to pass the piece on to
      await stage.clock.sleep(5000);
      assert.equal(stage.torrent.status().isSuperSeeding, true);
      assert.equal(told(peer).length, 1);
      const types = peer.received.map(({ type }) => type);
      assert.equal(types.includes('haveNone'), fast);
      assert.ok(!types.includes('haveAll') && !types.includes('bitfield'), types.join());
    }));
}

/** A peer that was there before, to whom something is sent all the time. */
async function keepSending(stage: Stage): Promise<void> {
  const early = await stage.peer({ fast: true });
  const ask = (): void => {
    early.send(encodeRequest(stage.block(0, 0)));
    stage.clock.after(3000, ask);
  };
  early.send(Frame.interested);
  await early.expect('unchoke');
  ask();
}

test('a peer is told of the next piece when somebody else has the last one', () =>
  onStage(superSeeding, async (stage) => {
    const first = await leecher(stage);
    const second = await waiting(stage);
    await stage.clock.sleep(5000);
    assert.equal(told(first).length, 1);
    second.send(encodeHave(lastTold(first)));
    await stage.clock.sleep(500);
    assert.equal(told(first).length, 2);
  }));

test('peers are told of different pieces, and of none that they or others have', () =>
  onStage(superSeeding, async (stage) => {
    const peers: FakePeer[] = [];
    for (let i = 0; i < 4; i++) {
      const peer = await stage.peer({ fast: true });
      peer.send(encodeBitfield(Uint8Array.of(i === 0 ? 0xfc : 0, 0))); // the first has six pieces
      peers.push(peer);
    }
    await stage.clock.sleep(1500);
    assert.deepEqual(peers.flatMap(told).sort(), [6, 7, 8, 9]);
  }));

test('a request for a piece that the peer was not told of is rejected', () =>
  onStage(superSeeding, async (stage) => {
    const peer = await leecher(stage);
    await peer.expect('unchoke');
    const piece = (lastTold(peer) + 1) % pieces;
    peer.send(encodeRequest(stage.block(piece, 0)));
    assert.equal((await peer.expect('reject')).piece, piece);
  }));

for (const tells of [true, false]) {
  test(`a peer that is alone gets everything at once, ${tells ? 'and tells of it' : 'though it tells of nothing'}`, () =>
    onStage(superSeeding, async (stage) => {
      const peer = await leecher(stage, { tells });
      await peer.expectClose(); // both are seeds
      assert.equal(stage.torrent.status().uploaded, 10 * 65_536);
      assert.ok(stage.clock.now() < 10_000, `${stage.clock.now()} ms`);
    }));
}

test('peers that only look on make nobody wait', () =>
  onStage(superSeeding, async (stage) => {
    stage.keepAlive(await stage.peer({ fast: true }));
    const peer = await leecher(stage);
    await peer.expectClose();
    assert.ok(stage.clock.now() < 10_000, `${stage.clock.now()} ms`);
  }));

test('peers that cannot reach each other are not left waiting for ever', () =>
  onStage(superSeeding, async (stage) => {
    const peers = [await leecher(stage), await leecher(stage)];
    await stage.until(() => peers.some(({ ended }) => ended !== null), 2 * MINUTE);
    for (const peer of peers) assert.ok(told(peer).length >= pieces / 2);
  }));

test('pieces that many have are told of only when nothing else is sent', () =>
  onStage(superSeeding, async (stage) => {
    const others = [await stage.peer({ fast: true }), await stage.peer({ fast: true })];
    for (const peer of others) peer.send(encodeBitfield(Uint8Array.of(0xff, 0)));
    const peer = await stage.peer({ fast: true });
    peer.send(encodeBitfield(Uint8Array.of(0, 0)));
    await stage.clock.sleep(5000);
    assert.deepEqual([...others.map((other) => told(other)[0])].sort(), [8, 9]);
    assert.equal(told(peer).length, 0);
    await stage.clock.sleep(10_000);
    assert.ok(told(peer).length > 0);
  }));

test('peers that say that they have nearly everything cannot keep others from getting it', () =>
  onStage({ content, has: 'everything' }, async (stage) => {
    await keepSending(stage);
    stage.torrent.setSuperSeeding(true);
    for (let i = 0; i < 2; i++) await waiting(stage, Uint8Array.of(0xff, 0x80));
    const peer = await leecher(stage);
    await stage.until(() => told(peer).length === pieces, 4 * MINUTE);
  }));

test('it does not say that it only uploads, until it is over', () =>
  onStage(superSeeding, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    assert.equal(theirs.isUploadOnly, false);
    stage.torrent.setSuperSeeding(false);
    assert.equal((await expectHandshake(peer)).isUploadOnly, true);
  }));

test('a piece that a peer does not take is told to another after a minute', () =>
  onStage({ content, has: 'everything' }, async (stage) => {
    await keepSending(stage);
    stage.torrent.setSuperSeeding(true);
    const peers = [await stage.peer({ fast: true }), await stage.peer({ fast: true })];
    for (const peer of peers) {
      stage.keepAlive(peer);
      peer.send(encodeBitfield(Uint8Array.of(0xff, 0x80)), Frame.interested);
    }
    await stage.clock.sleep(55_000);
    assert.deepEqual(peers.map(told), [[9], []]);
    await stage.clock.sleep(10_000);
    assert.deepEqual(peers.map(told), [[9], [9]]);
  }));

test('a peer that wants few of the pieces is led to them', () =>
  onStage({ ...superSeeding, content: { files: [300 * 65_536] } }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.haveNone);
    await stage.until(() => told(peer).includes(123), 40_000);
    assert.ok(told(peer).length <= 300);
  }));

test('it ends with the first peer that has everything: then all are told of the rest', () =>
  onStage(superSeeding, async (stage) => {
    const peer = await stage.peer({ fast: true });
    await stage.clock.sleep(2000);
    assert.equal(told(peer).length, 1);
    const seed = await stage.peer({ fast: true });
    seed.send(Frame.haveAll);
    await seed.expectClose();
    await stage.clock.sleep(500);
    assert.equal(new Set(told(peer)).size, pieces);
    assert.equal(stage.torrent.status().isSuperSeeding, false);
    assert.equal((await stage.peer({ fast: true })).received[0]?.type, 'haveAll');
    stage.torrent.setSuperSeeding(true);
    assert.equal(
      (await stage.peer({ fast: true })).received[0]?.type,
      'haveNone',
      'who asks for it again has it again',
    );
  }));

test('switched on while connected it counts for new peers, switched off for all', () =>
  onStage({ content, has: 'everything' }, async (stage) => {
    const early = await stage.peer({ fast: true });
    assert.equal(early.received[0]?.type, 'haveAll');
    stage.torrent.setSuperSeeding(true);
    const late = await stage.peer({ fast: true });
    await stage.clock.sleep(2000);
    assert.equal(late.received[0]?.type, 'haveNone');
    assert.equal(told(late).length, 1);
    early.send(Frame.interested);
    await early.expect('unchoke');
    early.send(encodeRequest(stage.block((lastTold(late) + 1) % pieces, 0)));
    await early.expect('piece');
    stage.torrent.setSuperSeeding(false);
    await stage.clock.sleep(500);
    assert.equal(new Set(told(late)).size, pieces);
    assert.equal(told(early).length, 0);
  }));

test('a torrent that lacks pieces says what it has', () =>
  onStage({ content, has: [1, 2], torrent: { isSuperSeeding: true } }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    assert.equal(peer.received[0]?.type, 'bitfield');
    assert.equal(stage.torrent.status().isSuperSeeding, false);
  }));

interface Outcome {
  /** Bytes that the seed has sent, by the size of the torrent. */
  readonly ratio: number;
  readonly seconds: number;
}

/** A seed as quick as its leechers brings them a torrent of 100 pieces. */
async function bring(
  isSuperSeeding: boolean,
  play: (swarm: Swarm, seed: SwarmMember) => Promise<void>,
): Promise<Outcome> {
  const size = 100 * 65_536;
  const swarm = new Swarm({ seed: 16, latency: 20, torrent: { files: [size], pieceLength: 65_536 } });
  const seed = await swarm.addSeed({ up: 500 * KB, torrent: { isSuperSeeding } });
  await play(swarm, seed);
  await swarm.assertBitExact();
  return { ratio: seed.torrent.status().uploaded / size, seconds: swarm.clock.now() / 1000 };
}

const several = async (swarm: Swarm): Promise<void> => {
  await swarm.addLeechers(8, { up: 500 * KB, down: 2000 * KB });
  await swarm.untilComplete({ within: 10 * MINUTE });
};

test('a super-seed sends several leechers about one copy, where another seed sends more', async (t) => {
  const [plain, superSeed] = [await bring(false, several), await bring(true, several)];
  t.diagnostic(
    `ratio ${superSeed.ratio.toFixed(2)} in ${superSeed.seconds} s, without ${plain.ratio.toFixed(2)} in ${plain.seconds} s`,
  );
  assert.ok(superSeed.ratio < 1.15, `${superSeed.ratio} copies`);
  assert.ok(plain.ratio > superSeed.ratio + 0.3, `${plain.ratio} copies without it`);
});

test('one leecher gets all of it from a super-seed, not much later than from another', async () => {
  const one = async (swarm: Swarm): Promise<void> => {
    await swarm.addLeechers(1, { up: 500 * KB });
    await swarm.untilComplete({ within: 10 * MINUTE });
  };
  const [plain, superSeed] = [await bring(false, one), await bring(true, one)];
  assert.equal(superSeed.ratio, 1);
  assert.ok(superSeed.seconds < 3 * plain.seconds, `${superSeed.seconds} s, without ${plain.seconds} s`);
});

test('leechers that leave with their pieces do not stop the others', async () => {
  const { ratio } = await bring(true, async (swarm) => {
    const leechers = await swarm.addLeechers(6, { up: 250 * KB, down: 1000 * KB });
    await swarm.run(8000);
    for (const member of leechers.slice(0, 3)) await swarm.crash(member);
    await swarm.addLeechers(2, { up: 250 * KB });
    await swarm.untilComplete({ within: 10 * MINUTE });
  });
  assert.ok(ratio < 2, `${ratio} copies`);
});

test('leechers to which it is switched on and off get everything', async () => {
  await bring(false, async (swarm, seed) => {
    await swarm.addLeechers(3, { up: 250 * KB });
    for (let i = 0; i < 4; i++) {
      await swarm.run(1500);
      seed.torrent.setSuperSeeding(i % 2 === 0);
      await swarm.addLeechers(1, { up: 250 * KB });
    }
    await swarm.untilComplete({ within: 10 * MINUTE });
  });
});
