import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeAllowedFast,
  encodeBitfield,
  encodeCancel,
  encodeHave,
  encodeReject,
  encodeRequest,
  encodeRequests,
  encodeSuggest,
  Frame,
} from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { onStage, type StageOptions } from './engine-stage.ts';
import { honestSeed, seed } from './scripted-seed.ts';

const content = { files: [9 * 65_536 + 40_000] };
const leeching: StageOptions = { content };
const seeding: StageOptions = { content, has: 'everything' };
const allOnes = encodeBitfield(Uint8Array.of(0xff, 0xc0));

const count = (peer: FakePeer, type: string): number => peer.received.filter((message) => message.type === type).length;

test('who has everything says so, who has nothing says so, all others send a bitfield', async () => {
  const said = async (options: StageOptions): Promise<string | undefined> => {
    let first: string | undefined;
    await onStage(options, async (stage) => {
      first = (await stage.peer({ fast: true })).received[0]?.type;
    });
    return first;
  };
  assert.equal(await said(seeding), 'haveAll');
  assert.equal(await said(leeching), 'haveNone');
  assert.equal(await said({ content, has: [3] }), 'bitfield');
});

test('have all stands for a full bitfield, have none for an empty one', () =>
  onStage(leeching, async (stage) => {
    const none = await stage.peer({ fast: true });
    none.send(Frame.haveNone);
    await none.expectNone('interested', 1000);
    const all = await stage.peer({ fast: true });
    all.send(Frame.haveAll);
    await all.expect('interested');
    assert.equal(stage.torrent.status().seedsConnected, 1);
  }));

const fastOnly: Array<[string, Uint8Array]> = [
  ['have all', Frame.haveAll],
  ['have none', Frame.haveNone],
  ['suggest piece', encodeSuggest(0)],
  ['reject request', encodeReject({ piece: 0, begin: 0, length: 16_384 })],
  ['allowed fast', encodeAllowedFast(0)],
];
for (const [name, frame] of fastOnly) {
  test(`${name} ends a connection on which the fast extension is not enabled`, () =>
    onStage(leeching, async (stage) => {
      const peer = await stage.peer();
      peer.send(frame);
      await peer.expectClose();
      assert.match(stage.lastReason, /^WIRE_/);
    }));
}

test('a request that comes while we choke is rejected', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const block = stage.block(2, 1);
    peer.send(encodeRequest(block));
    const { piece, begin, length } = await peer.expect('reject');
    assert.deepEqual({ piece, begin, length }, block);
    assert.equal(count(peer, 'piece'), 0);
  }));

test('a choke is followed by a block or a reject for each request that was waiting', () =>
  onStage({ ...seeding, engine: { uploadLimit: 4096, uploadSlots: 1 } }, async (stage) => {
    const [first, second] = [await stage.peer({ fast: true }), await stage.peer({ fast: true })];
    for (const peer of [first, second]) stage.keepAlive(peer);
    first.send(Frame.interested);
    await first.expect('unchoke');
    first.send(encodeRequests(Array.from({ length: 200 }, (_, i) => stage.block(i % 10, i % 2))));
    second.send(Frame.interested);
    await stage.until(() => count(first, 'choke') > 0, 400_000);
    await stage.clock.sleep(60_000);
    assert.equal(count(first, 'piece') + count(first, 'reject'), 200);
    assert.ok(count(first, 'reject') > 100);
    const types = first.received.map(({ type }) => type);
    assert.ok(types.indexOf('choke') < types.indexOf('reject'), 'the choke comes first');
  }));

test('a cancelled request is answered by a reject', () =>
  onStage({ ...seeding, engine: { uploadLimit: 16_384 } }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    const blocks = Array.from({ length: 30 }, (_, i) => stage.block(Math.floor(i / 4), i % 4));
    peer.send(encodeRequests(blocks));
    await peer.expect('piece');
    peer.send(encodeCancel(stage.block(7, 1)));
    assert.equal((await peer.expect('reject')).begin, 16_384);
    await stage.clock.sleep(50_000);
    assert.equal(count(peer, 'piece'), 29);
  }));

test('allowed fast pieces are requested while the peer chokes us, and no others', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer({ fast: true });
    seed(stage, peer, { isChoking: true });
    await peer.expect('interested');
    peer.send(encodeAllowedFast(3), encodeAllowedFast(8));
    await stage.until(() => stage.torrent.status().piecesHave === 2);
    await stage.clock.sleep(5000);
    const asked = new Set(peer.received.flatMap((message) => (message.type === 'request' ? [message.piece] : [])));
    assert.deepEqual(asked, new Set([3, 8]));
  }));

test('an allowed fast message does not say that the peer has the piece', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(encodeBitfield(Uint8Array.of(0x80, 0)), encodeAllowedFast(3));
    await peer.expect('interested');
    await peer.expectNone('request', 5000);
    peer.send(encodeHave(3));
    assert.equal((await peer.expect('request')).piece, 3);
  }));

test('an allowed fast piece out of range, or more of them than there are pieces, do no harm', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer({ fast: true });
    for (let i = 0; i < 5000; i++) peer.send(encodeAllowedFast(i % 50 === 0 ? 2 ** 32 - 1 - i : i));
    await stage.clock.sleep(1000);
    assert.ok(stage.session(peer).pieces.allowedFast.size <= 64);
    seed(stage, peer);
    await stage.untilState('seeding');
  }));

test('a suggestion is no order', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(encodeSuggest(2), encodeSuggest(2 ** 32 - 1), allOnes);
    await peer.expect('interested');
    await peer.expectNone('request', 1000);
    assert.equal(peer.ended, null);
  }));

test('a choke alone does not take requests back: they wait for their rejects', () =>
  onStage({ ...leeching, engine: { requestTimeout: 30_000 } }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(encodeBitfield(Uint8Array.of(0x80, 0)), Frame.unchoke);
    const request = await peer.expect('request');
    peer.send(Frame.choke);
    await stage.clock.sleep(500);
    assert.equal(stage.session(peer).pendingBlocks, 4);
    peer.sendPiece(request.piece, request.begin, stage.bytes(request));
    await stage.clock.sleep(500);
    assert.equal(stage.session(peer).pendingBlocks, 3);
    assert.equal(stage.torrent.status().wasted, 0);
  }));

test('a rejected block is asked of another peer at once', () =>
  onStage(leeching, async (stage) => {
    const refusing = await honestSeed(stage, { answer: () => 'reject' });
    await refusing.expect('request');
    await honestSeed(stage);
    await stage.untilState('seeding', 10_000);
    await stage.swarm.assertBitExact();
  }));

test('a peer that rejects all requests is not asked again and again', () =>
  onStage(leeching, async (stage) => {
    const peer = await honestSeed(stage, { answer: () => 'reject' });
    stage.keepAlive(peer);
    await stage.clock.sleep(60_000);
    const blocks = 9 * 4 + 3;
    assert.ok(count(peer, 'request') <= 8 * blocks, `${count(peer, 'request')} requests for ${blocks} blocks`);
  }));

test('a peer that rejected some pieces is asked for them again after a choke and an unchoke', () =>
  onStage(leeching, async (stage) => {
    let isBusy = true;
    const peer = await honestSeed(stage, { answer: (_, data) => (isBusy ? 'reject' : data) });
    stage.keepAlive(peer);
    await stage.clock.sleep(30_000);
    isBusy = false;
    peer.send(Frame.choke);
    await stage.clock.sleep(1000);
    peer.send(Frame.unchoke);
    await stage.untilState('seeding', 30_000);
    await stage.swarm.assertBitExact();
  }));

test('a peer that rejects now and then delivers everything all the same', () =>
  onStage(leeching, async (stage) => {
    let turn = 0;
    const peer = await honestSeed(stage, { answer: (_, data) => (turn++ % 3 === 0 ? 'reject' : data) });
    stage.keepAlive(peer);
    await stage.untilState('seeding', 120_000);
    await stage.swarm.assertBitExact();
  }));

test('rejects that name no request of ours change nothing', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(encodeBitfield(Uint8Array.of(0xc0, 0)), Frame.unchoke);
    await stage.until(() => stage.session(peer).pendingBlocks === 8);
    // Block 4 of a piece of four blocks is no block, though it has the number of the next piece's first.
    for (const begin of [65_536, 1, 2 ** 32 - 1]) peer.send(encodeReject({ piece: 0, begin, length: 16_384 }));
    peer.send(encodeReject({ piece: 2 ** 32 - 1, begin: 0, length: 16_384 }));
    await stage.clock.sleep(1000);
    assert.equal(stage.session(peer).pendingBlocks, 8);
    assert.equal(count(peer, 'request'), 8);
  }));
