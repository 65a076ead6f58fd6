import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BlockRange,
  encodeBitfield,
  encodeCancel,
  encodeHave,
  encodeRequest,
  encodeRequests,
  Frame,
} from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { honestSeed, seed } from './scripted-seed.ts';

/** Ten pieces of four blocks; the last is two blocks and a bit. */
const content = { files: [9 * 65_536 + 40_000] };
const pieces = 10;
const leeching: StageOptions = { content };
const seeding: StageOptions = { content, has: 'everything' };
const allOnes = encodeBitfield(Uint8Array.of(0xff, 0xc0));

/** An interested peer that the session has unchoked. */
async function unchoked(stage: Stage, options: { fast?: boolean } = {}): Promise<FakePeer> {
  const peer = await stage.peer(options);
  peer.send(Frame.interested);
  await peer.expect('unchoke');
  return peer;
}

const count = (peer: FakePeer, type: string): number => peer.received.filter((message) => message.type === type).length;

test('an interested peer is unchoked and served', () =>
  onStage(seeding, async (stage) => {
    const peer = await unchoked(stage);
    const block = stage.block(9, 2);
    assert.equal(block.length, 40_000 - 32_768);
    peer.send(encodeRequest(block));
    const { data, begin } = await peer.expect('piece');
    assert.deepEqual(data, stage.bytes(block));
    assert.equal(begin, 32_768);
  }));

test('a peer that shows no interest stays choked', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer();
    await peer.expectNone('unchoke', 120_000 - 1000);
  }));

test('a choked peer is not served, and without BEP 6 not answered', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer();
    peer.send(encodeRequest(stage.block(0, 0)));
    await peer.expectNone('piece', 5000);
    assert.equal(count(peer, 'reject'), 0);
    assert.equal(peer.ended, null);
  }));

test('a request for part of a block is served to the byte', () =>
  onStage(seeding, async (stage) => {
    const peer = await unchoked(stage);
    const range = { piece: 3, begin: 12_345, length: 6789 };
    peer.send(encodeRequest(range));
    assert.deepEqual((await peer.expect('piece')).data, stage.bytes(range));
  }));

test('we are interested in who has what we lack, and no longer when we have it', () =>
  onStage(leeching, async (stage) => {
    const empty = await stage.peer();
    const useful = await honestSeed(stage, { pieces: [4] });
    await useful.expect('interested');
    await useful.expect('notInterested');
    assert.equal(stage.torrent.status().piecesHave, 1);
    assert.equal(count(empty, 'interested'), 0);
    empty.send(encodeHave(4));
    await empty.expectNone('interested', 2000);
    empty.send(encodeHave(5));
    await empty.expect('interested');
  }));

test('nothing is requested while the peer chokes us', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(allOnes);
    await peer.expect('interested');
    await peer.expectNone('request', 30_000);
    peer.send(Frame.unchoke);
    await peer.expect('request');
  }));

test('only pieces that the peer has are requested of it', () =>
  onStage(leeching, async (stage) => {
    const peer = await honestSeed(stage, { pieces: [2, 7] });
    await stage.until(() => stage.torrent.status().piecesHave === 2);
    await stage.clock.sleep(10_000);
    const asked = new Set(peer.received.flatMap((message) => (message.type === 'request' ? [message.piece] : [])));
    assert.deepEqual(asked, new Set([2, 7]));
  }));

test('requests that a choke has dropped are made again after the unchoke', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(encodeBitfield(Uint8Array.of(0x80, 0)), Frame.unchoke);
    const asked = [await peer.expect('request'), await peer.expect('request')];
    peer.send(Frame.choke);
    await peer.expectNone('piece', 5000);
    const before = count(peer, 'request');
    assert.equal(before, 4);
    peer.send(Frame.unchoke);
    const again = await peer.expect('request', ({ begin }) => begin === asked[1]?.begin);
    assert.equal(again.piece, 0);
  }));

test('a block that comes although a choke had dropped its request is no offence', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(allOnes, Frame.unchoke);
    const { piece, begin, length } = await peer.expect('request');
    peer.send(Frame.choke);
    await stage.clock.sleep(500);
    peer.sendPiece(piece, begin, stage.bytes({ piece, begin, length }));
    await stage.clock.sleep(500);
    assert.equal(peer.ended, null);
  }));

const bitfields: Array<[string, Uint8Array]> = [
  ['with a spare bit set', Uint8Array.of(0xff, 0xe0)],
  ['that is too short', Uint8Array.of(0xff)],
  ['that is too long', Uint8Array.of(0xff, 0xc0, 0)],
  ['that is empty', new Uint8Array(0)],
];
for (const [fault, bits] of bitfields) {
  test(`a bitfield ${fault} ends the connection`, () =>
    onStage(leeching, async (stage) => {
      const peer = await stage.peer();
      peer.send(encodeBitfield(bits));
      await peer.expectClose();
      assert.match(stage.lastReason, /^WIRE_BAD_(BITFIELD|LENGTH)/);
    }));
}

test('a second bitfield takes nothing back', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(encodeBitfield(Uint8Array.of(0xf0, 0)), encodeBitfield(Uint8Array.of(0x0f, 0)));
    await peer.expect('interested');
    const { have } = stage.session(peer);
    assert.deepEqual([...have], [0, 1, 2, 3]);
    assert.equal(stage.torrent.status().availability, 0.4);
  }));

test('a have out of range ends the connection, and nothing behind it in the stream counts', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    let heard = 0;
    stage.torrent.swarm.interestChanged = (): void => void heard++;
    peer.send(encodeHave(pieces - 1), encodeHave(pieces), Frame.interested);
    await peer.expectClose();
    assert.match(stage.lastReason, /^WIRE_OUT_OF_RANGE/);
    assert.equal(heard, 0);
  }));

const impossible: Array<[string, BlockRange]> = [
  ['for a piece beyond the last', { piece: pieces, begin: 0, length: 16_384 }],
  ['for piece 2^32 - 1', { piece: 2 ** 32 - 1, begin: 0, length: 16_384 }],
  ['of no bytes', { piece: 0, begin: 0, length: 0 }],
  ['of 2^20 bytes', { piece: 0, begin: 0, length: 2 ** 20 }],
  ['of 2^32 - 1 bytes', { piece: 0, begin: 0, length: 2 ** 32 - 1 }],
];
for (const [fault, range] of impossible) {
  test(`a request ${fault} ends the connection`, () =>
    onStage(seeding, async (stage) => {
      const peer = await unchoked(stage);
      peer.send(encodeRequest(range));
      await peer.expectClose();
      assert.match(stage.lastReason, /^WIRE_(OUT_OF_RANGE|OVERSIZED)/);
    }));
}

const crossing: Array<[string, BlockRange]> = [
  ['ends behind its piece', { piece: 0, begin: 65_536 - 16_384, length: 16_385 }],
  ['begins behind its piece', { piece: 0, begin: 65_536, length: 16_384 }],
  ['ends behind the torrent', { piece: 9, begin: 32_768, length: 16_384 }],
  ['begins at 2^32 - 1', { piece: 0, begin: 2 ** 32 - 1, length: 2 }],
];
for (const [fault, range] of crossing) {
  test(`a request that ${fault} is not served`, () =>
    onStage(seeding, async (stage) => {
      const peer = await unchoked(stage, { fast: true });
      peer.send(encodeRequest(range), encodeRequest(stage.block(1, 0)));
      const { piece, data } = await peer.expect('piece');
      assert.deepEqual([piece, data], [1, stage.bytes(stage.block(1, 0))]);
      assert.deepEqual((await peer.expect('reject')).begin, range.begin);
      await peer.expectNone('piece', 1000);
    }));
}

test('a request for a piece that we lack is not served', () =>
  onStage({ content, has: [1, 2] }, async (stage) => {
    const peer = await unchoked(stage, { fast: true });
    peer.send(encodeRequest(stage.block(3, 0)), encodeRequest(stage.block(2, 0)));
    assert.equal((await peer.expect('piece')).piece, 2);
    assert.equal((await peer.expect('reject')).piece, 3);
  }));

test('a cancelled request is not served', () =>
  onStage({ ...seeding, engine: { uploadLimit: 32_768 } }, async (stage) => {
    const peer = await unchoked(stage);
    const blocks = [0, 1, 2, 3].flatMap((piece) => [0, 1, 2, 3].map((block) => stage.block(piece, block)));
    peer.send(encodeRequests(blocks));
    await peer.expect('piece');
    const cancelled = blocks.slice(8, 12);
    peer.send(...cancelled.map(encodeCancel));
    await stage.clock.sleep(30_000);
    const sent = new Set(peer.received.flatMap((message) => (message.type === 'piece' ? [message.piece] : [])));
    assert.deepEqual(sent, new Set([0, 1, 3]));
  }));

test('a cancel for what was never requested, or has gone, changes nothing', () =>
  onStage(seeding, async (stage) => {
    const peer = await unchoked(stage, { fast: true });
    peer.send(encodeCancel(stage.block(5, 0)), encodeRequest(stage.block(1, 0)));
    await peer.expect('piece');
    peer.send(encodeCancel(stage.block(1, 0)), encodeCancel({ piece: 99, begin: 7, length: 2 ** 31 }));
    await peer.expectNone('reject', 1000);
    assert.equal(peer.ended, null);
  }));

test('a choke drops the waiting requests of the peer', () =>
  onStage({ ...seeding, engine: { uploadLimit: 4096, uploadSlots: 1 } }, async (stage) => {
    const first = await unchoked(stage);
    first.send(encodeRequests(Array.from({ length: 200 }, (_, i) => stage.block(i % pieces, i % 2))));
    const second = await stage.peer();
    second.send(Frame.interested);
    for (const peer of [first, second]) stage.keepAlive(peer);
    await stage.until(() => count(first, 'choke') > 0, 400_000); // a turn lasts up to five minutes
    const got = count(first, 'piece');
    await second.expect('unchoke');
    await stage.clock.sleep(40_000);
    assert.ok(got > 10 && got < 100, `${got} were served`);
    assert.ok(count(first, 'piece') <= got + 3, 'only what was under way still came');
  }));

test('keep-alives go out after half of the timeout, and keep the connection', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    const start = stage.clock.now();
    await stage.until(() => count(peer, 'keepAlive') > 0);
    assert.ok(Math.abs(stage.clock.now() - start - 60_000) < 3000, `after ${stage.clock.now() - start} ms`);
    stage.keepAlive(peer);
    await stage.clock.sleep(600_000);
    assert.equal(peer.ended, null);
    assert.ok(count(peer, 'keepAlive') <= 11);
  }));

for (const [who, options] of [
  ['a leecher', leeching],
  ['a seed', seeding],
] as const) {
  test(`a peer of ${who} that has fallen silent is closed after the timeout`, () =>
    onStage(options, async (stage) => {
      const peer = await stage.peer();
      const start = stage.clock.now();
      await stage.until(() => peer.ended !== null);
      assert.ok(Math.abs(stage.clock.now() - start - 120_000) < 3000, `after ${stage.clock.now() - start} ms`);
      assert.match(stage.lastReason, /timeout/);
    }));
}

test('blocks that do not come are given to others', () =>
  onStage({ ...leeching, engine: { requestTimeout: 20_000 } }, async (stage) => {
    const silent = await honestSeed(stage, { answer: () => null });
    await silent.expect('request');
    await honestSeed(stage);
    await stage.untilState('seeding', 30_000);
    await stage.swarm.assertBitExact();
  }));

test('the only peer is asked again for blocks that it has kept for the timeout', () =>
  onStage({ ...leeching, engine: { requestTimeout: 20_000 } }, async (stage) => {
    const asked = new Map<string, number>();
    const peer = await honestSeed(stage, {
      answer: ({ piece, begin }, data) => {
        const times = (asked.get(`${piece} ${begin}`) ?? 0) + 1;
        asked.set(`${piece} ${begin}`, times);
        return times === 1 && piece === 0 ? null : data;
      },
    });
    await stage.untilState('seeding', 200_000);
    await peer.expectClose().catch(() => {});
    assert.equal(asked.get('0 0'), 2);
    await stage.swarm.assertBitExact();
  }));

test('verified pieces are told to all but seeds: who has a piece may wait to hear that it arrived (BEP 16)', () =>
  onStage(leeching, async (stage) => {
    const other = await stage.peer();
    other.send(encodeHave(3));
    const source = await honestSeed(stage);
    await stage.untilState('seeding');
    await stage.clock.sleep(100);
    const told = other.received.flatMap((message) => (message.type === 'have' ? [message.piece] : []));
    assert.deepEqual(
      told.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(count(source, 'have'), 0);
  }));

test('what was there before a peer came is told in its bitfield', () =>
  onStage({ content, has: [0, 9] }, async (stage) => {
    const peer = await stage.peer();
    assert.deepEqual((await peer.expect('bitfield')).bits, Uint8Array.of(0x80, 0x40));
  }));

test('a message of an unknown id is skipped', () =>
  onStage(seeding, async (stage) => {
    const peer = await unchoked(stage);
    peer.send(Uint8Array.of(0, 0, 0, 5, 99, 1, 2, 3, 4), encodeRequest(stage.block(0, 0)));
    await peer.expect('piece');
  }));

test('a scripted leecher gets the whole torrent bit-exact', () =>
  onStage(seeding, async (stage) => {
    const peer = await unchoked(stage);
    for (let piece = 0; piece < pieces; piece++) {
      for (let block = 0; block < stage.geometry.blockCount(piece); block++)
        peer.send(encodeRequest(stage.block(piece, block)));
    }
    for (let piece = 0; piece < pieces; piece++) {
      for (let block = 0; block < stage.geometry.blockCount(piece); block++) {
        const range = stage.block(piece, block);
        const { data } = await peer.expect(
          'piece',
          (message) => message.piece === piece && message.begin === range.begin,
        );
        assert.deepEqual(data, stage.bytes(range));
      }
    }
    seed(stage, peer);
  }));
