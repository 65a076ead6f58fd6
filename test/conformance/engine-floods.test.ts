import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, utf8 } from '../../src/base/bytes.ts';
import {
  encodeBitfield,
  encodeCancel,
  encodeExtended,
  encodeHashes,
  encodeHashRequest,
  encodeHave,
  encodeMetadataMessage,
  encodePort,
  encodeRequest,
  encodeRequests,
  encodeSuggest,
  Frame,
} from '../../src/codec/wire/index.ts';
import { FakePeer } from '../sim/fake-peer.ts';
import { onStage, type Stage, type StageOptions } from './engine-stage.ts';
import { extensionPeer, metadataPeer, sendHandshake } from './extension-peer.ts';
import { honestSeed, seed } from './scripted-seed.ts';

const content = { files: [9 * 65_536 + 40_000] };
const leeching: StageOptions = { content };
const seeding: StageOptions = { content, has: 'everything' };
const allOnes = encodeBitfield(Uint8Array.of(0xff, 0xc0));
const MB = 1024 * 1024;

const countOf = (peer: FakePeer, type: string): number =>
  peer.received.filter((message) => message.type === type).length;
const repeat = (frame: Uint8Array, times: number): Uint8Array => concat(Array.from({ length: times }, () => frame));

/** Sends the same again and again, in packets, until the session closes; says how many it took. */
async function flood(
  stage: Stage,
  peer: FakePeer,
  frame: Uint8Array,
  packets: number,
  perPacket: number,
): Promise<number> {
  const packet = repeat(frame, perPacket);
  for (let sent = 0; sent < packets; sent++) {
    if (peer.ended !== null) return sent * perPacket;
    peer.send(packet);
    await stage.clock.sleep(20);
  }
  return packets * perPacket;
}

test('a block that nobody asked for ends the connection, and its bytes count as wasted', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(allOnes);
    await peer.expect('interested');
    peer.sendPiece(9, 0, stage.bytes(stage.block(9, 0)));
    await peer.expectClose();
    assert.match(stage.lastReason, /^WIRE_UNSOLICITED/);
    assert.equal(stage.torrent.status().wasted, 16_384);
  }));

test('a block ends the connection when it is another than was asked for', () =>
  onStage(leeching, async (stage) => {
    for (const [begin, length] of [
      [0, 16_383],
      [0, 16_385],
      [1, 16_384],
      [65_536, 16_384],
      [2 ** 32 - 16_384, 16_384],
    ] as const) {
      const peer = await stage.peer();
      peer.send(encodeBitfield(Uint8Array.of(0x80, 0)), Frame.unchoke);
      await peer.expect('request');
      peer.sendPiece(0, begin, new Uint8Array(length));
      await peer.expectClose();
      assert.match(stage.lastReason, /^WIRE_UNSOLICITED/, `${begin} ${length}`);
    }
    assert.equal(stage.torrent.status().piecesHave, 0);
  }));

test('a block sent twice ends the connection', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(allOnes, Frame.unchoke);
    const request = await peer.expect('request');
    for (const _ of [1, 2]) peer.sendPiece(request.piece, request.begin, stage.bytes(request));
    await peer.expectClose();
    assert.match(stage.lastReason, /^WIRE_UNSOLICITED/);
  }));

test('blocks before the metadata is known end the connection', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    const peer = await stage.peer();
    peer.sendPiece(0, 0, new Uint8Array(16_384));
    await peer.expectClose();
    assert.match(stage.lastReason, /^WIRE_UNSOLICITED/);
  }));

test('a message longer than any that the protocol knows ends the connection at its length', () =>
  onStage(leeching, async (stage) => {
    for (const length of [2 ** 32 - 1, 2 ** 31, 2 * MB]) {
      const peer = await stage.peer();
      const prefix = new Uint8Array(5);
      new DataView(prefix.buffer).setUint32(0, length);
      prefix[4] = 20;
      peer.send(prefix);
      await peer.expectClose();
      assert.match(stage.lastReason, /^WIRE_OVERSIZED/);
    }
  }));

const halves: Array<[string, number, number]> = [
  ['an extension message', 20, 64 * 1024 + 1],
  ['a bitfield', 5, 2 ** 18 + 2],
  ['a hashes message', 22, 1 + 48 + 32 * 9000],
  ['a block', 7, 9 + 128 * 1024 + 1],
  ['a message of an unknown kind', 77, 2 * MB],
];
for (const [name, id, length] of halves) {
  test(`no memory is given to ${name} larger than there may be`, () =>
    onStage({ content, isMagnet: true }, async (stage) => {
      const peer = await stage.peer({ extended: true, fast: true });
      const head = new Uint8Array(64);
      new DataView(head.buffer).setUint32(0, length);
      head[4] = id;
      peer.send(head);
      await peer.expectClose();
      assert.match(stage.lastReason, /^WIRE_(OVERSIZED|BAD_)/);
    }));
}

test('the requests of a choked peer are rejected up to a bound, then it is closed', () =>
  onStage(seeding, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const sent = await flood(stage, peer, encodeRequest(stage.block(0, 0)), 200, 100);
    assert.ok(sent >= 1000 && sent <= 4000, `closed after ${sent}`);
    assert.match(stage.lastReason, /^WIRE_FLOOD/);
    assert.equal(countOf(peer, 'piece'), 0);
  }));

test('requests beyond the queue that we offer are rejected, and too many of them end the connection', () =>
  onStage({ ...seeding, engine: { requestQueue: 50, uploadLimit: 16_384 } }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.send(encodeRequests(Array.from({ length: 100 }, (_, i) => stage.block(i % 9, i % 4))));
    await stage.clock.sleep(500);
    const rejected = countOf(peer, 'reject');
    assert.ok(rejected >= 30 && rejected <= 50, `${rejected} were rejected`);
    assert.ok(stage.session(peer).uploads.length <= 50);
    const sent = await flood(stage, peer, encodeRequest(stage.block(0, 0)), 200, 100);
    assert.ok(sent <= 4000);
    assert.match(stage.lastReason, /^WIRE_FLOOD/);
  }));

test('requests that cross our chokes, day after day, are no flood', () =>
  onStage({ ...seeding, engine: { uploadSlots: 1 } }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const session = stage.session(peer);
    stage.keepAlive(peer);
    for (let day = 0; day < 30; day++) {
      session.setChoking(false);
      await stage.clock.sleep(100);
      session.setChoking(true);
      peer.send(encodeRequests(Array.from({ length: 250 }, () => stage.block(0, 0))));
      await stage.clock.sleep(100);
    }
    assert.equal(peer.ended, null);
  }));

const unread: Array<[string, (stage: Stage, peer: FakePeer) => Promise<Uint8Array>, StageOptions]> = [
  [
    'metadata',
    async (stage, peer) => {
      sendHandshake(peer);
      await stage.clock.sleep(100);
      return encodeExtended(1, encodeMetadataMessage({ type: 'request', piece: 0 }));
    },
    { content: { files: Array.from({ length: 3000 }, () => 100) }, has: 'everything' },
  ],
  [
    'hashes',
    async (stage) => {
      const piecesRoot = stage.geometry.files[0]?.piecesRoot as Uint8Array;
      return encodeHashRequest({ piecesRoot, baseLayer: 0, index: 0, length: 256, proofLayers: 7 });
    },
    { content: { files: [4_000_000], version: 'v2' }, has: 'everything' },
  ],
  [
    'rejects',
    async () =>
      encodeHashRequest({ piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 }),
    seeding,
  ],
  ['requests after chokes', async () => concat([Frame.choke, Frame.unchoke]), leeching],
];
for (const [name, prepare, options] of unread) {
  test(`what we queue for a peer that asks for ${name} and never reads is bounded`, () =>
    onStage(options, async (stage) => {
      const peer = await stage.peer({ extended: true, down: 1000 });
      const frame = await prepare(stage, peer);
      if (options === leeching) peer.send(allOnes);
      await stage.clock.sleep(500);
      const session = stage.session(peer);
      peer.connection.pause();
      let most = 0;
      for (let i = 0; i < 3000 && peer.ended === null && !session.isClosed; i++) {
        peer.send(repeat(frame, 20));
        await stage.clock.sleep(5);
        most = Math.max(most, session.connection.queued);
      }
      assert.ok(most <= 1.2 * MB, `${most} bytes were queued`);
    }));
}

test('blocks queued for a peer that never reads are bounded, and it is no flood', () =>
  onStage({ content: { files: [20_000_000], pieceLength: 262_144 }, has: 'everything' }, async (stage) => {
    const peer = await stage.peer({ fast: true, down: 100_000 });
    peer.send(Frame.interested);
    await peer.expect('unchoke');
    peer.connection.pause();
    for (let piece = 0; piece < 70; piece++) {
      peer.send(encodeRequests(Array.from({ length: 16 }, (_, block) => stage.block(piece, block))));
    }
    await stage.clock.sleep(20_000);
    const session = stage.session(peer);
    assert.ok(session.connection.queued <= 4 * MB, `${session.connection.queued} bytes are queued`);
    peer.connection.resume();
    stage.keepAlive(peer);
    await stage.until(() => countOf(peer, 'piece') === 70 * 16, 600_000);
  }));

test('ten thousand haves before the metadata are remembered, more are not, and all is right afterwards', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    for (let i = 0; i < 30; i++) {
      peer.send(repeat(encodeHave(i % 10), 1000));
      await stage.clock.sleep(10);
    }
    await metadataPeer(stage, stage.content.metainfo.info.raw);
    await stage.until(() => stage.torrent.metainfo !== null);
    await stage.clock.sleep(500);
    assert.equal(peer.ended, null);
    assert.equal(stage.session(peer).have.count, 10);
  }));

test('bitfields before the metadata replace each other', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    const peer = await stage.peer();
    for (let i = 0; i < 50; i++) {
      peer.send(encodeBitfield(new Uint8Array(100_000)));
      await stage.clock.sleep(5);
    }
    peer.send(encodeBitfield(Uint8Array.of(0x80, 0)));
    await metadataPeer(stage, stage.content.metainfo.info.raw);
    await stage.until(() => stage.torrent.metainfo !== null);
    await stage.clock.sleep(500);
    assert.deepEqual([...stage.session(peer).have], [0]);
  }));

test('extension handshakes by the thousand change nothing', () =>
  onStage({ content, isMagnet: true }, async (stage) => {
    const { peer } = await extensionPeer(stage);
    for (let i = 0; i < 100; i++) {
      for (let k = 0; k < 20; k++) sendHandshake(peer, { metadataSize: 1000 + k, client: `v${k}` });
      await stage.clock.sleep(10);
    }
    assert.ok(countOf(peer, 'extended') < 50, `${countOf(peer, 'extended')} answers`);
  }));

test('a burst of chokes and unchokes is answered by one round of requests', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(allOnes);
    await peer.expect('interested');
    peer.send(repeat(concat([Frame.unchoke, Frame.choke]), 1000), Frame.unchoke);
    await stage.clock.sleep(1000);
    assert.ok(countOf(peer, 'request') <= 64, `${countOf(peer, 'request')} requests`);
    seed(stage, peer);
    peer.onMessage({ type: 'interested' });
    await stage.untilState('seeding', 200_000);
  }));

test('unsolicited blocks are excused only as often as requests were dropped, however often the peer chokes', () =>
  onStage(leeching, async (stage) => {
    const peer = await stage.peer();
    peer.send(allOnes, Frame.unchoke);
    await peer.expect('request');
    for (let i = 0; i < 500; i++) {
      peer.send(Frame.choke);
      await stage.clock.sleep(5);
      peer.send(Frame.unchoke);
      await stage.clock.sleep(5);
    }
    peer.send(Frame.choke);
    const block = stage.block(0, 0);
    let sent = 0;
    for (; sent < 5000 && peer.ended === null; sent++) {
      peer.sendPiece(0, 0, stage.bytes(block));
      if (sent % 10 === 0) await stage.clock.sleep(50);
    }
    assert.ok(sent <= 1100, `${sent} blocks were taken`);
  }));

const harmless: Array<[string, Uint8Array]> = [
  ['keep-alives', Frame.keepAlive],
  ['interest', concat([Frame.interested, Frame.notInterested])],
  ['suggestions', encodeSuggest(3)],
  ['haves', encodeHave(3)],
  ['ports', encodePort(6881)],
  ['cancels', encodeCancel({ piece: 0, begin: 0, length: 16_384 })],
  ['unknown messages', Uint8Array.of(0, 0, 0, 3, 200, 1, 2)],
  ['unknown extension messages', encodeExtended(99, utf8('de'))],
  [
    'unasked hashes',
    encodeHashes(
      { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 },
      new Uint8Array(64),
    ),
  ],
];
for (const [name, frame] of harmless) {
  test(`a flood of ${name} is not answered, and the torrent goes on`, () =>
    onStage(leeching, async (stage) => {
      const peer = await stage.peer({ fast: true, extended: true });
      const before = peer.received.length;
      await flood(stage, peer, frame, 20, 500);
      assert.ok(peer.received.length - before <= 3, `${peer.received.length - before} answers`);
      await honestSeed(stage);
      await stage.untilState('seeding');
    }));
}

test('a peer gets the hashes of a torrent a few times, then it is refused', () =>
  onStage({ content: { files: [40 * 65_536], version: 'v2' }, has: 'everything' }, async (stage) => {
    const peer = await stage.peer({ fast: true });
    const piecesRoot = stage.geometry.files[0]?.piecesRoot as Uint8Array;
    const request = encodeHashRequest({ piecesRoot, baseLayer: 2, index: 0, length: 64, proofLayers: 5 });
    for (let i = 0; i < 200; i++) {
      peer.send(request);
      await stage.clock.sleep(20);
    }
    await stage.clock.sleep(1000);
    const served = countOf(peer, 'hashes');
    assert.ok(served >= 4 && served <= 40, `${served} were served`);
    assert.equal(served + countOf(peer, 'hashReject'), 200);
  }));

test('no more connections are kept than allowed, and idle ones make room when they time out', () =>
  onStage({ ...seeding, engine: { maxConnections: 20, handshakeTimeout: 5000 } }, async (stage) => {
    const peers: FakePeer[] = [];
    for (let i = 0; i < 40; i++) peers.push(await FakePeer.connect(stage.host().transport, stage.address, stage.clock));
    await stage.clock.sleep(500);
    assert.equal(peers.filter(({ ended }) => ended === null).length, 20);
    await stage.clock.sleep(6000);
    assert.equal(peers.filter(({ ended }) => ended === null).length, 0);
    const peer = await stage.peer();
    await peer.expect('bitfield');
  }));

test('one host cannot occupy all places with handshakes that it does not finish', () =>
  onStage({ ...seeding, engine: { maxConnections: 50 } }, async (stage) => {
    const from = stage.host();
    const idle: FakePeer[] = [];
    for (let i = 0; i < 60; i++) idle.push(await FakePeer.connect(from.transport, stage.address, stage.clock));
    await stage.clock.sleep(500);
    assert.equal(idle.filter(({ ended }) => ended === null).length, 32);
    const other = await stage.peer();
    await other.expect('bitfield');
    await stage.clock.sleep(10_000);
    await (await stage.peer({ from })).expect('bitfield');
  }));

test('no more connections of a torrent are kept than allowed', () =>
  onStage({ ...seeding, engine: { maxConnectionsPerTorrent: 3 } }, async (stage) => {
    for (let i = 0; i < 3; i++) await stage.peer();
    const fourth = await stage.greet();
    await fourth.expectClose();
    assert.equal(stage.torrent.status().peersConnected, 3);
  }));

test('more addresses than can ever be dialed are not remembered', () =>
  onStage(leeching, async (stage) => {
    const host = (i: number): string => `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    for (let i = 0; i < 100; i++) {
      stage.torrent.addPeers(Array.from({ length: 1000 }, (_, k) => ({ host: host(1000 * i + k), port: 6881 })));
    }
    assert.ok(stage.torrent.status().peersKnown <= 4000);
  }));

test('few dials are under way at the same time', () =>
  onStage({ ...leeching, engine: { maxDialing: 5 } }, async (stage) => {
    stage.torrent.addPeers(Array.from({ length: 50 }, (_, i) => ({ host: `11.0.0.${i}`, port: 6881 })));
    await stage.clock.sleep(5000);
    assert.equal(stage.torrent.swarm.pool.busyCount, 5);
  }));
