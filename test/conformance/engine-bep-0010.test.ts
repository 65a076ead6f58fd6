import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../src/base/bytes.ts';
import {
  encodeBitfield,
  encodeDontHave,
  encodeExtended,
  encodeHave,
  encodeMetadataMessage,
  Frame,
} from '../../src/codec/wire/index.ts';
import type { FakePeer } from '../sim/fake-peer.ts';
import { onStage, type StageOptions } from './engine-stage.ts';
import { DONT_HAVE_ID, expectHandshake, extensionPeer, metadataMessages, sendHandshake } from './extension-peer.ts';
import { honestSeed, seed } from './scripted-seed.ts';

const content = { files: [4 * 65_536, 3 * 65_536, 3 * 65_536] };
const leeching: StageOptions = { content };
const seeding: StageOptions = { content, has: 'everything' };

const countOf = (peer: FakePeer, type: string): number =>
  peer.received.filter((message) => message.type === type).length;

test('our handshake tells what we can, who we are and as whom we see the peer', () =>
  onStage({ ...leeching, engine: { requestQueue: 321, clientVersion: 'Test 1.0' } }, async (stage) => {
    const from = stage.host();
    const { theirs } = await extensionPeer(stage, {}, { from });
    assert.deepEqual([...theirs.ids.keys()].sort(), ['lt_donthave', 'ut_metadata']);
    assert.ok([...theirs.ids.values()].every((id) => id > 0 && id < 256));
    assert.equal(new Set(theirs.ids.values()).size, theirs.ids.size);
    assert.deepEqual([theirs.client, theirs.port, theirs.requestQueue], ['Test 1.0', 6881, 321]);
    assert.equal(theirs.yourHost, from.address);
  }));

test('a message of an extension number that we did not give is ignored', () =>
  onStage(seeding, async (stage) => {
    const { peer } = await extensionPeer(stage);
    for (const id of [99, 255]) peer.send(encodeExtended(id, utf8('d1:xi1ee')));
    peer.send(Frame.interested);
    await peer.expect('unchoke');
  }));

test('an extension message before any handshake is ignored or served, and no offence', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer({ fast: true, extended: true });
    const theirs = await expectHandshake(peer);
    const request = encodeMetadataMessage({ type: 'request', piece: 0 });
    peer.send(encodeExtended(theirs.ids.get('ut_metadata') as number, request));
    await stage.clock.sleep(500);
    assert.equal(metadataMessages(peer).length, 0, 'without its number for the extension there is no answer');
    assert.equal(peer.ended, null);
  }));

test('a handshake that is no dictionary ends the connection', () =>
  onStage(leeching, async (stage) => {
    const { peer } = await extensionPeer(stage);
    peer.send(encodeExtended(0, utf8('li1ee')));
    await peer.expectClose();
    assert.match(stage.lastReason, /^WIRE_BAD_EXTENSION/);
  }));

test('a later handshake changes what it names and leaves the rest', () =>
  onStage(leeching, async (stage) => {
    const { peer } = await extensionPeer(stage, { client: 'Fake 2', requestQueue: 77 });
    sendHandshake(peer, { ids: new Map([['lt_donthave', 0]]) });
    await stage.clock.sleep(500);
    const { extensions } = stage.session(peer);
    assert.equal(extensions?.client, 'Fake 2');
    assert.equal(extensions?.requestQueue, 77);
    assert.deepEqual(extensions?.ids.get('ut_metadata'), 3);
    assert.ok(!extensions?.ids.get('lt_donthave'));
  }));

test('the names of extensions that a peer may pile up by many handshakes are bounded', () =>
  onStage(leeching, async (stage) => {
    const { peer } = await extensionPeer(stage);
    for (let i = 0; i < 200; i++) {
      sendHandshake(peer, { ids: new Map(Array.from({ length: 50 }, (_, k) => [`xx_${i * 50 + k}`, 1 + k])) });
    }
    await stage.clock.sleep(1000);
    assert.ok((stage.session(peer).extensions?.ids.size ?? 0) <= 64);
    assert.equal(stage.session(peer).extensions?.ids.get('ut_metadata'), 3);
  }));

test('fewer blocks are asked for than the peer queues', () =>
  onStage(leeching, async (stage) => {
    const { peer } = await extensionPeer(stage, { requestQueue: 3 });
    peer.send(Frame.interested, encodeBitfield(Uint8Array.of(0xff, 0xc0)), Frame.unchoke);
    await stage.clock.sleep(3000);
    assert.equal(countOf(peer, 'request'), 2);
  }));

test('two peers that want nothing leave each other', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.haveAll);
    await peer.expectClose();
    assert.equal(stage.lastReason, 'both are seeds');
  }));

test('a seed leaves a partial seed, which tells by upload_only that it wants nothing (BEP 21)', () =>
  onStage(seeding, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    assert.equal(theirs.isUploadOnly, true);
    peer.send(encodeHave(1));
    await stage.clock.sleep(500);
    assert.equal(peer.ended, null);
    sendHandshake(peer, { isUploadOnly: true });
    await peer.expectClose();
    assert.equal(stage.lastReason, 'both are seeds');
  }));

test('a leecher keeps a partial seed that has what it lacks (BEP 21)', () =>
  onStage(leeching, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage, { isUploadOnly: true });
    assert.equal(theirs.isUploadOnly, false);
    seed(stage, peer, { pieces: [1, 2] });
    await stage.until(() => stage.torrent.status().piecesHave === 2);
    assert.equal(peer.ended, null);
  }));

test('whoever has all that it selected tells so, and tells again when it wants more (BEP 21)', () =>
  onStage({ ...leeching, torrent: { select: [0] } }, async (stage) => {
    const { peer } = await extensionPeer(stage);
    const source = await honestSeed(stage);
    await stage.untilState('seeding');
    assert.equal((await expectHandshake(peer)).isUploadOnly, true);
    await source.expectClose();
    assert.equal(peer.ended, null, 'one that has nothing yet may want something');
    await stage.torrent.wishes.select([0, 1]);
    assert.equal((await expectHandshake(peer)).isUploadOnly, false);
  }));

test('a peer that tells that it lost a piece is not asked for it (BEP 54)', () =>
  onStage(leeching, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    seed(stage, peer, { isChoking: true });
    await peer.expect('interested');
    const id = theirs.ids.get('lt_donthave') as number;
    for (const piece of [0, 5, 9]) peer.send(encodeExtended(id, encodeDontHave(piece)));
    await stage.clock.sleep(500);
    assert.deepEqual([...stage.session(peer).have], [1, 2, 3, 4, 6, 7, 8]);
    peer.send(Frame.unchoke);
    await stage.until(() => stage.torrent.status().piecesHave === 7);
    await stage.clock.sleep(5000);
    const asked = new Set(peer.received.flatMap((message) => (message.type === 'request' ? [message.piece] : [])));
    assert.deepEqual(asked, new Set([1, 2, 3, 4, 6, 7, 8]));
    assert.equal(DONT_HAVE_ID, 7);
  }));

test('interest ends with the last interesting piece that a peer lost (BEP 54)', () =>
  onStage(leeching, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    peer.send(encodeHave(4));
    await peer.expect('interested');
    peer.send(encodeExtended(theirs.ids.get('lt_donthave') as number, encodeDontHave(4)));
    await peer.expect('notInterested');
  }));

test('without BEP 6 the requests for a lost piece count as dropped and go to others (BEP 54)', () =>
  onStage(leeching, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage, {}, { fast: false });
    peer.send(encodeHave(4), encodeHave(5), Frame.unchoke);
    await stage.until(() => stage.session(peer).pendingBlocks === 8);
    peer.send(encodeExtended(theirs.ids.get('lt_donthave') as number, encodeDontHave(4)));
    await stage.until(() => stage.session(peer).pendingBlocks === 4, 2000);
    await honestSeed(stage, { pieces: [4] });
    await stage.until(() => stage.torrent.status().piecesHave === 1, 2000);
  }));

test('a lost piece that the peer never had, or that does not exist, changes nothing (BEP 54)', () =>
  onStage(leeching, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    peer.send(encodeHave(4));
    const id = theirs.ids.get('lt_donthave') as number;
    for (const piece of [3, 10, 2 ** 32 - 1]) peer.send(encodeExtended(id, encodeDontHave(piece)));
    await stage.clock.sleep(500);
    assert.deepEqual([...stage.session(peer).have], [4]);
    assert.equal(stage.torrent.status().availability.toFixed(2), '0.10');
    peer.send(encodeExtended(id, Uint8Array.of(0, 0, 4)));
    await peer.expectClose();
  }));

test('a piece lost before the metadata is known does no harm (BEP 54)', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    const { peer, theirs } = await extensionPeer(stage);
    peer.send(Frame.haveAll);
    peer.send(encodeExtended(theirs.ids.get('lt_donthave') as number, encodeDontHave(0)));
    await stage.clock.sleep(500);
    assert.equal(peer.ended, null);
    const other = await stage.peer();
    assert.equal(stage.session(other).have.size, 0);
  }));
