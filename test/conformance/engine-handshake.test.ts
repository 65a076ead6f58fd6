import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes, utf8 } from '../../src/base/bytes.ts';
import { encodeHandshake, Frame } from '../../src/codec/wire/index.ts';
import { FakePeer } from '../sim/fake-peer.ts';
import { Swarm } from '../sim/swarm.ts';
import { onStage, type Stage } from './engine-stage.ts';
import { seed } from './scripted-seed.ts';

const small = { files: [40_000] };
const hybrid = { files: [40_000], version: 'hybrid' } as const;

/** A connection without a word. */
const connect = (stage: Stage): Promise<FakePeer> =>
  FakePeer.connect(stage.host().transport, stage.address, stage.clock);

const nameV2 = (stage: Stage): Uint8Array => (stage.content.metainfo.infoHashes.v2 as Uint8Array).subarray(0, 20);

test('another protocol is refused at its first wrong byte, without an answer', () =>
  onStage({ content: small }, async (stage) => {
    const peer = await connect(stage);
    peer.send(utf8('GET / HTTP/1.1\r\n'));
    assert.equal(await peer.expectClose(), null);
    assert.ok(stage.clock.now() < 1000);
    await assert.rejects(peer.expectHandshake(), /ended before handshake/);
  }));

test('a handshake for an unknown torrent is not answered', () =>
  onStage({ content: small }, async (stage) => {
    const peer = await stage.greet({ infoHash: new Uint8Array(20).fill(1) });
    await peer.expectClose();
    await assert.rejects(peer.expectHandshake(), /ended before handshake/);
  }));

test('a silent connection is closed after the handshake timeout', () =>
  onStage({ content: small, engine: { handshakeTimeout: 7000 } }, async (stage) => {
    const peer = await connect(stage);
    const start = stage.clock.now();
    await peer.expectClose();
    assert.ok(Math.abs(stage.clock.now() - start - 7000) < 100, `closed after ${stage.clock.now() - start} ms`);
  }));

test('half a handshake does not prolong the timeout', () =>
  onStage({ content: small, engine: { handshakeTimeout: 7000 } }, async (stage) => {
    const peer = await connect(stage);
    const start = stage.clock.now();
    const { infoHash } = stage;
    const bytes = encodeHandshake({ fast: true, extended: true, dht: false, v2: false, infoHash, peerId: infoHash });
    for (let at = 0; at < 60 && peer.ended === null; at += 10) {
      peer.send(bytes.subarray(at, at + 10));
      await stage.clock.sleep(2000);
    }
    await peer.expectClose();
    assert.ok(stage.clock.now() - start < 9000);
  }));

test('a handshake in single bytes, and messages in the same packet as its end, are understood', () =>
  onStage({ content: small, has: 'everything' }, async (stage) => {
    const peer = await connect(stage);
    const { infoHash } = stage;
    const peerId = utf8('-XX0001-slow.typist.');
    const bytes = encodeHandshake({ fast: false, extended: false, dht: false, v2: false, infoHash, peerId });
    for (const byte of bytes.subarray(0, 67)) {
      peer.send(Uint8Array.of(byte));
      await stage.clock.sleep(1);
    }
    peer.send(bytes.subarray(67), Frame.interested);
    await peer.expect('unchoke');
  }));

test('our handshake offers BEP 6 and BEP 10, no DHT, and v2 only for a hybrid torrent', async () => {
  const offered = async (version: 'v1' | 'v2' | 'hybrid'): Promise<boolean[]> => {
    let bits: boolean[] = [];
    await onStage({ content: { ...small, version } }, async (stage) => {
      const { fast, extended, dht, v2 } = await (await stage.greet()).expectHandshake();
      bits = [fast, extended, dht, v2];
    });
    return bits;
  };
  assert.deepEqual(await offered('v1'), [true, true, false, false]);
  assert.deepEqual(await offered('v2'), [true, true, false, false]);
  assert.deepEqual(await offered('hybrid'), [true, true, false, true]);
});

test('unknown reserved bits of the remote do not matter', () =>
  onStage({ content: small, has: 'everything' }, async (stage) => {
    const peer = await connect(stage);
    const { infoHash } = stage;
    const bytes = encodeHandshake({ fast: true, extended: false, dht: true, v2: true, infoHash, peerId: infoHash });
    for (let at = 20; at < 28; at++) bytes[at] = (bytes[at] as number) | (at === 25 ? 0xef : 0xe8);
    peer.send(bytes);
    assert.ok(equalBytes((await peer.expectHandshake()).infoHash, infoHash));
    await peer.expect('haveAll');
  }));

test('without the bits for BEP 6 and 10 nothing of them is sent', () =>
  onStage({ content: small, has: 'everything' }, async (stage) => {
    const peer = await stage.peer();
    await peer.expect('bitfield');
    assert.deepEqual(
      peer.received.map(({ type }) => type),
      ['bitfield'],
    );
  }));

test('a peer that answers our dial with another info hash is left', () =>
  onStage({ content: small }, async (stage) => {
    const peer = await stage.dialed();
    await peer.expectHandshake();
    peer.handshake(new Uint8Array(20).fill(1));
    await peer.expectClose();
    assert.equal(stage.torrent.status().peersConnected, 0);
  }));

test('a peer that accepts our dial and says nothing is left after the timeout and dialed again later', () =>
  onStage({ content: small }, async (stage) => {
    const host = stage.host();
    const listener = await stage.listen(host);
    stage.torrent.addPeers([listener.address]);
    const peer = await listener.next();
    const start = stage.clock.now();
    await peer.expectClose();
    assert.ok(stage.clock.now() - start >= 9900);
    await (await listener.next()).expectHandshake();
    assert.ok(stage.clock.now() - start >= 20_000);
  }));

test('our own address is dialed once and then no more, however often a tracker names it', () =>
  onStage({ content: small }, async (stage) => {
    for (let minute = 0; minute < 30; minute++) {
      stage.torrent.addPeers([stage.address]);
      await stage.clock.sleep(60_000);
    }
    assert.equal(stage.torrent.status().peersKnown, 0);
    assert.ok(stage.member.host.sent < 500, `${stage.member.host.sent} bytes were sent to ourselves`);
    assert.equal(stage.endings.length, 0);
  }));

test('a second connection of the same peer in the same direction is refused, the first stays', () =>
  onStage({ content: small }, async (stage) => {
    const first = await stage.peer({ name: 'twin' });
    const second = await stage.greet({ name: 'twin' });
    await second.expectClose();
    assert.equal(first.ended, null);
    assert.equal(stage.torrent.status().peersConnected, 1);
  }));

test('of two connections that two peers dialed at once both ends keep the same one', async () => {
  for (let attempt = 1; attempt <= 6; attempt++) {
    const swarm = new Swarm({ seed: attempt, latency: 30, torrent: { files: [3_000_000] } });
    const [a, b] = [await swarm.addSeed({ up: 100_000 }), await swarm.addMember()];
    a.torrent.addPeers([{ host: b.host.address, port: 6881 }]);
    b.torrent.addPeers([{ host: a.host.address, port: 6881 }]);
    await swarm.run(5000);
    const [there, back] = [a, b].map(({ torrent }) => torrent.peers());
    assert.deepEqual([there?.length, back?.length], [1, 1]);
    assert.notEqual(there?.[0]?.isIncoming, back?.[0]?.isIncoming, 'two ends of one connection');
    assert.ok((back?.[0]?.downloaded ?? 0) > 0);
  }
});

for (const [whose, prefix, keepsTheirs] of [
  ['greater', '-ZZ0001-', true],
  ['smaller', '-AA0001-', false],
] as const) {
  test(`of two connections with a peer of a ${whose} id we keep the one that the greater id dialed`, () =>
    onStage({ content: small }, async (stage) => {
      const from = stage.host();
      const peerId = utf8(`${prefix}............`);
      const hello = encodeHandshake({
        ...{ fast: true, extended: false, dht: false, v2: false },
        infoHash: stage.infoHash,
        peerId,
      });
      const ours = await stage.dialed(from);
      const theirs = await FakePeer.connect(from.transport, stage.address, stage.clock);
      for (const peer of [ours, theirs]) peer.send(hello);
      await (keepsTheirs ? ours : theirs).expectClose();
      await stage.clock.sleep(1000);
      assert.equal((keepsTheirs ? theirs : ours).ended, null);
      assert.equal(stage.torrent.status().peersConnected, 1);
    }));
}

test('a v1 handshake with the v2 bit for a hybrid torrent is upgraded to the v2 name', () =>
  onStage({ content: hybrid }, async (stage) => {
    const peer = await stage.greet({ v2: true });
    assert.deepEqual((await peer.expectHandshake()).infoHash, nameV2(stage));
    await stage.clock.sleep(100);
    assert.equal(stage.session(peer).isV2, true);
  }));

test('without the v2 bit a hybrid torrent answers with the name it was asked for', () =>
  onStage({ content: hybrid }, async (stage) => {
    const old = await stage.greet();
    assert.deepEqual((await old.expectHandshake()).infoHash, stage.infoHash);
    const modern = await stage.greet({ infoHash: nameV2(stage) });
    assert.deepEqual((await modern.expectHandshake()).infoHash, nameV2(stage));
    await stage.clock.sleep(100);
    assert.equal(stage.session(old).isV2, false);
    assert.equal(stage.session(modern).isV2, true);
  }));

test('a hybrid torrent dials with its v1 name and takes the v2 name as an answer', () =>
  onStage({ content: hybrid }, async (stage) => {
    const peer = await stage.dialed();
    const { infoHash, v2 } = await peer.expectHandshake();
    assert.deepEqual([infoHash, v2], [stage.infoHash, true]);
    peer.handshake(nameV2(stage), { fast: true });
    await peer.expect('haveNone');
    assert.equal(stage.session(peer).isV2, true);
  }));

test('a peer known only from the v2 swarm of a hybrid torrent is reached by the v2 name', () =>
  onStage({ content: hybrid }, async (stage) => {
    const host = stage.host();
    const listener = await stage.listen(host);
    stage.torrent.addPeers([listener.address]);
    // It knows the v2 name only, as from a magnet link, and closes at any other.
    for (let attempt = 0; attempt < 4; attempt++) {
      const peer = await listener.next();
      const { infoHash } = await peer.expectHandshake();
      if (equalBytes(infoHash, nameV2(stage))) return;
      peer.close();
    }
    assert.fail('never dialed with the v2 name');
  }));

test('a paused torrent takes no peers, a resumed one does', () =>
  onStage({ content: small }, async (stage) => {
    await stage.torrent.life.pause();
    await (await stage.greet()).expectClose();
    stage.torrent.life.start();
    await stage.untilState('downloading');
    seed(stage, await stage.peer({ fast: true }));
    await stage.untilState('seeding');
  }));
