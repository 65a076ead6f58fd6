import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeExtended, encodeMetadataMessage, METADATA_PIECE_LENGTH } from '../../src/codec/wire/index.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import {
  expectHandshake,
  extensionPeer,
  metadataMessages,
  metadataPeer,
  METADATA_ID,
  sendHandshake,
} from './extension-peer.ts';
import { honestSeed, seed, spoiled } from './scripted-seed.ts';

/** Info dictionaries of one and of three pieces of 16 KiB. */
const small = { files: [100_000] };
const large = { files: Array.from({ length: 1000 }, () => 100) };
const magnet: StageOptions = { content: large, isMagnet: true };

const rawOf = (stage: Stage): Uint8Array => stage.content.metainfo.info.raw;
const request = (piece: number): Uint8Array => encodeMetadataMessage({ type: 'request', piece });
const isKnown = (stage: Stage): boolean => stage.torrent.metainfo !== null;
const requestsTo = (peer: FakePeer): number[] =>
  metadataMessages(peer).flatMap((message) => (message.type === 'request' ? [message.piece] : []));

test('the metadata is served in pieces of 16 KiB, and its size told', () =>
  onStage({ content: large, has: 'everything' }, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    const raw = rawOf(stage);
    assert.equal(theirs.metadataSize, raw.length);
    const id = theirs.ids.get('ut_metadata') as number;
    for (const piece of [0, 1, 2]) peer.send(encodeExtended(id, request(piece)));
    await stage.clock.sleep(500);
    const answers = metadataMessages(peer);
    assert.equal(answers.length, 3);
    for (const [piece, answer] of answers.entries()) {
      assert.ok(answer.type === 'data');
      assert.deepEqual([answer.piece, answer.totalSize], [piece, raw.length]);
      assert.deepEqual(answer.data, raw.slice(piece * METADATA_PIECE_LENGTH, (piece + 1) * METADATA_PIECE_LENGTH));
    }
  }));

test('metadata beyond the end is rejected', () =>
  onStage({ content: large, has: 'everything' }, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    for (const piece of [3, 2 ** 31, 2 ** 45])
      peer.send(encodeExtended(theirs.ids.get('ut_metadata') as number, request(piece)));
    await stage.clock.sleep(500);
    assert.deepEqual(
      metadataMessages(peer).map(({ type }) => type),
      ['reject', 'reject', 'reject'],
    );
  }));

test('a peer may fetch the metadata a few times, then it is refused', () =>
  onStage({ content: large, has: 'everything' }, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    for (let i = 0; i < 60; i++) peer.send(encodeExtended(theirs.ids.get('ut_metadata') as number, request(i % 3)));
    await stage.clock.sleep(2000);
    const types = metadataMessages(peer).map(({ type }) => type);
    assert.equal(types.length, 60);
    const served = types.filter((type) => type === 'data').length;
    assert.ok(served >= 3 && served <= 15, `${served} pieces were served`);
    assert.equal(types.at(-1), 'reject');
  }));

test('who does not have the metadata tells no size and rejects every request for it', () =>
  onStage(magnet, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    assert.equal(theirs.metadataSize, null);
    peer.send(encodeExtended(theirs.ids.get('ut_metadata') as number, request(0)));
    await stage.clock.sleep(500);
    assert.deepEqual(metadataMessages(peer), [{ type: 'reject', piece: 0 }]);
  }));

test('the metadata is fetched from several peers together', () =>
  onStage(magnet, async (stage) => {
    const silent = (): null => null;
    const peers = [await metadataPeer(stage, rawOf(stage), silent), await metadataPeer(stage, rawOf(stage))];
    await stage.clock.sleep(500);
    peers.push(await metadataPeer(stage, rawOf(stage)));
    await stage.until(() => isKnown(stage), 30_000);
    assert.deepEqual(stage.torrent.metainfo?.info.raw, rawOf(stage));
    assert.equal(stage.torrent.metainfo?.info.files.length, 1000);
  }));

test('metadata and then data come by the info hash alone', () =>
  onStage(magnet, async (stage) => {
    const peer = await metadataPeer(stage, rawOf(stage));
    await stage.until(() => isKnown(stage));
    await honestSeed(stage);
    await stage.untilState('seeding');
    await stage.swarm.assertBitExact();
    assert.ok(stage.endings.every(({ reason }) => reason === 'both are seeds'));
    assert.equal(peer.ended, null);
  }));

test('what a peer said of its pieces before the metadata was there is not forgotten', () =>
  onStage({ content: small, isMagnet: true }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    seed(stage, peer);
    await stage.clock.sleep(500);
    await metadataPeer(stage, rawOf(stage));
    await stage.untilState('seeding');
    await stage.swarm.assertBitExact();
  }));

test('a peer that came before the metadata learns what lies on our disk once it is known', () =>
  onStage({ content: { files: [10 * 65_536] }, isMagnet: true, has: [0, 3] }, async (stage) => {
    const early = await stage.peer({ fast: true });
    await early.expect('haveNone');
    await metadataPeer(stage, rawOf(stage));
    assert.deepEqual([(await early.expect('have')).piece, (await early.expect('have')).piece], [0, 3]);
    const late = await stage.peer({ fast: true });
    await late.expect('bitfield');
    await late.expectNone('have', 1000);
  }));

test('a bitfield that the metadata proves wrong ends the connection', () =>
  onStage({ content: small, isMagnet: true }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Uint8Array.of(0, 0, 0, 4, 5, 0xff, 0xff, 0xff));
    await stage.clock.sleep(500);
    await metadataPeer(stage, rawOf(stage));
    await peer.expectClose();
    assert.match(stage.lastReason, /^WIRE_BAD_BITFIELD/);
  }));

test('peers learn the size of the metadata once we have it', () =>
  onStage(magnet, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    assert.equal(theirs.metadataSize, null);
    await metadataPeer(stage, rawOf(stage));
    assert.equal((await expectHandshake(peer)).metadataSize, rawOf(stage).length);
    peer.send(encodeExtended(theirs.ids.get('ut_metadata') as number, request(0)));
    await stage.until(() => metadataMessages(peer).some(({ type }) => type === 'data'));
  }));

test('a piece that does not come is asked of another peer', () =>
  onStage(magnet, async (stage) => {
    const silent = await metadataPeer(stage, rawOf(stage), () => null);
    await stage.until(() => requestsTo(silent).length === 3);
    await metadataPeer(stage, rawOf(stage));
    await stage.until(() => isKnown(stage), 25_000);
  }));

test('a small metadata does not wait for a silent peer longer than one timeout', () =>
  onStage({ content: small, isMagnet: true }, async (stage) => {
    const silent = await metadataPeer(stage, rawOf(stage), () => null);
    await stage.until(() => requestsTo(silent).length === 1);
    await metadataPeer(stage, rawOf(stage));
    await stage.until(() => isKnown(stage), 15_000);
  }));

test('a rejected piece is asked of another peer at once', () =>
  onStage(magnet, async (stage) => {
    const refusing = await metadataPeer(stage, rawOf(stage), () => 'reject');
    await stage.until(() => requestsTo(refusing).length >= 3);
    await metadataPeer(stage, rawOf(stage));
    await stage.until(() => isKnown(stage), 5000);
    assert.ok(requestsTo(refusing).length < 30);
  }));

test('a peer that offers again and again and never delivers does not keep others from it', () =>
  onStage({ content: small, isMagnet: true }, async (stage) => {
    const liar = await metadataPeer(stage, rawOf(stage), () => null, { size: rawOf(stage).length + 1 });
    stage.keepAlive(liar);
    const insist = (): void => {
      if (liar.ended !== null || isKnown(stage)) return;
      sendHandshake(liar, { metadataSize: rawOf(stage).length + 1 });
      stage.clock.after(5000, insist);
    };
    insist();
    await stage.until(() => requestsTo(liar).length === 1);
    const honest = await metadataPeer(stage, rawOf(stage));
    stage.keepAlive(honest);
    await stage.until(() => isKnown(stage), 60_000);
  }));

test('a piece of metadata of the wrong size gets its sender banned', () =>
  onStage(magnet, async (stage) => {
    const liar = await metadataPeer(stage, rawOf(stage), (_, data) => data.subarray(1));
    await liar.expectClose();
    await metadataPeer(stage, rawOf(stage));
    await stage.until(() => isKnown(stage), 5000);
  }));

test('a single liar about the metadata is banned', () =>
  onStage(magnet, async (stage) => {
    const from = stage.host();
    const liar = await metadataPeer(stage, rawOf(stage), (_, data) => spoiled(data), { from });
    await stage.until(() => liar.ended !== null, 30_000);
    const again = await stage.greet({ from });
    await again.expectClose();
    await metadataPeer(stage, rawOf(stage));
    await stage.until(() => isKnown(stage), 5000);
  }));

for (const liesAt of [1, 2]) {
  test(`a liar among honest peers is banned, and nobody else (it came as number ${liesAt})`, () =>
    onStage(magnet, async (stage) => {
      // The first is asked for everything and stays silent, so that the others are asked for parts of it.
      const peers = [await metadataPeer(stage, rawOf(stage), () => null)];
      for (const number of [1, 2]) {
        const answer = (_: number, data: Uint8Array): Uint8Array => (number === liesAt ? spoiled(data) : data);
        peers.push(await metadataPeer(stage, rawOf(stage), answer));
      }
      await stage.until(() => isKnown(stage), 60_000);
      await stage.clock.sleep(1000);
      assert.deepEqual(
        peers.map((peer) => peer.ended !== null),
        peers.map((_, number) => number === liesAt),
      );
    }));
}

test('a liar about the metadata is banned although it left before that was known', () =>
  onStage(magnet, async (stage) => {
    await metadataPeer(stage, rawOf(stage), () => null);
    const from = stage.host();
    const liar = await metadataPeer(stage, rawOf(stage), (_, data) => spoiled(data), { from });
    await metadataPeer(stage, rawOf(stage), undefined, { up: 10_000 });
    await stage.until(() => requestsTo(liar).length > 0);
    await stage.clock.sleep(300);
    liar.close();
    await stage.until(() => isKnown(stage), 60_000);
    const again = await stage.greet({ from });
    await again.expectClose();
    await assert.rejects(again.expect('haveNone'), /ended before/);
  }));

test('many liars do not keep the metadata from coming', () =>
  onStage(magnet, async (stage) => {
    const liars: FakePeer[] = [];
    for (let i = 0; i < 8; i++) {
      const size = rawOf(stage).length + (i % 2 === 0 ? 0 : i);
      const raw = new Uint8Array(size).fill(i);
      liars.push(await metadataPeer(stage, raw, i % 3 === 2 ? () => null : undefined));
    }
    await metadataPeer(stage, rawOf(stage));
    for (const liar of liars) stage.keepAlive(liar);
    await stage.until(() => isKnown(stage), 240_000);
    assert.deepEqual(stage.torrent.metainfo?.info.raw, rawOf(stage));
  }));

test('an oversized offer is not taken up', () =>
  onStage({ ...magnet, engine: { maxMetadataSize: 100_000 } }, async (stage) => {
    const { peer } = await extensionPeer(stage, { metadataSize: 100_001 });
    sendHandshake(peer, { metadataSize: 2 ** 31 });
    sendHandshake(peer, { metadataSize: 2 ** 50 });
    await stage.clock.sleep(30_000);
    assert.deepEqual(requestsTo(peer), []);
    assert.equal(peer.ended, null);
  }));

test('data that was not asked for is ignored', () =>
  onStage(magnet, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    const data = new Uint8Array(METADATA_PIECE_LENGTH);
    const id = theirs.ids.get('ut_metadata') as number;
    peer.send(encodeExtended(id, encodeMetadataMessage({ type: 'data', piece: 0, totalSize: 1, data })));
    peer.send(encodeExtended(id, encodeMetadataMessage({ type: 'data', piece: 2 ** 40, totalSize: null, data })));
    await stage.clock.sleep(500);
    assert.equal(peer.ended, null);
    await metadataPeer(stage, rawOf(stage));
    await stage.until(() => isKnown(stage));
  }));

test('a metadata message of an unknown type is ignored, one that is none ends the connection', () =>
  onStage(magnet, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    const id = theirs.ids.get('ut_metadata') as number;
    peer.send(encodeExtended(id, utf8('d8:msg_typei9e5:piecei0ee')));
    await stage.clock.sleep(500);
    assert.equal(peer.ended, null);
    peer.send(encodeExtended(id, utf8('i1e')));
    await peer.expectClose();
    assert.match(stage.lastReason, /^WIRE_BAD_EXTENSION/);
  }));

test('a peer that switches the metadata extension off is not asked any more', () =>
  onStage(magnet, async (stage) => {
    const { peer } = await extensionPeer(stage);
    sendHandshake(peer, { metadataSize: rawOf(stage).length });
    await stage.until(() => requestsTo(peer).length === 3);
    sendHandshake(peer, { ids: new Map([['ut_metadata', 0]]) });
    stage.keepAlive(peer);
    await stage.clock.sleep(60_000);
    assert.equal(requestsTo(peer).length, 3);
    assert.equal(METADATA_ID, 3);
  }));
