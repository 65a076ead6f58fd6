import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { encodeBitfield, encodeExtended, encodeHave, encodeRequest, Frame } from '../../src/codec/wire/index.ts';
import type { Transport } from '../../src/net/transport.ts';
import { tcpTransport } from '../../src/net/tcp/index.ts';
import { FakePeer } from './fake-peer.ts';
import { SimClock } from './sim-clock.ts';
import { SimNetwork } from './sim-network.ts';

const infoHash = new Uint8Array(20).fill(7);

async function pair(from: Transport, to: Transport, host: string, clock: Clock): Promise<[FakePeer, FakePeer]> {
  const listener = await FakePeer.listen(to, { host, port: 0 }, clock);
  const near = await FakePeer.connect(from, listener.address, clock);
  const far = await listener.next();
  await listener.close();
  return [near, far];
}

/** Two fake peers on a simulated network, and a body that runs while time passes. */
async function simulated(body: (near: FakePeer, far: FakePeer, clock: SimClock) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, random: seededRandom(1) });
  const [a, b] = [network.host('10.0.0.1').transport, network.host('10.0.0.2').transport];
  const [near, far] = await clock.finish(pair(a, b, '10.0.0.2', clock));
  await clock.finish(body(near, far, clock));
}

async function talk(near: FakePeer, far: FakePeer): Promise<void> {
  near.handshake(infoHash, { fast: true }, 'near');
  assert.deepEqual((await far.expectHandshake()).infoHash, infoHash);
  far.handshake(infoHash, { extended: true }, 'far');
  const { extended, fast, peerId } = await near.expectHandshake();
  assert.deepEqual([extended, fast, String.fromCharCode(...peerId)], [true, false, '-XX0001-far.........']);
  near.send(encodeBitfield(Uint8Array.of(0xf0)), Frame.interested, encodeHave(3));
  near.send(encodeRequest({ piece: 1, begin: 16_384, length: 5 }));
  const { piece, begin, length } = await far.expect('request');
  far.send(encodeExtended(3, Uint8Array.of(1, 2)));
  far.sendPiece(piece, begin, new Uint8Array(length).fill(9));
  assert.deepEqual((await near.expect('piece')).data, new Uint8Array(5).fill(9));
  assert.deepEqual((await near.expect('extended')).payload, Uint8Array.of(1, 2));
  assert.deepEqual((await far.expect('bitfield')).bits, Uint8Array.of(0xf0));
  assert.deepEqual(
    far.received.map(({ type }) => type),
    ['bitfield', 'interested', 'have', 'request'],
  );
  near.close();
  assert.equal(await far.expectClose(), null);
}

test('two fake peers talk over the simulated network', () => simulated(talk));

test('two fake peers talk over TCP', async () => {
  const [near, far] = await pair(tcpTransport(), tcpTransport(), '127.0.0.1', systemClock);
  await talk(near, far);
});

test('an expectation takes each message once and may choose', () =>
  simulated(async (near, far) => {
    near.handshake(infoHash);
    near.send(encodeHave(1), encodeHave(2), encodeHave(3));
    assert.equal((await far.expect('have', ({ piece }) => piece > 1)).piece, 2);
    assert.equal((await far.expect('have')).piece, 1);
    assert.equal((await far.expect('have')).piece, 3);
    await far.expectNone('have', 1000);
  }));

test('an unmet expectation tells what came instead', () =>
  simulated(async (near, far, clock) => {
    near.handshake(infoHash);
    near.send(Frame.choke);
    const start = clock.now();
    await assert.rejects(far.expect('unchoke'), /no unchoke within 60000 ms; received: choke/);
    assert.equal(clock.now() - start, 60_000);
    await assert.rejects(far.expectNone('choke', 10), /sent choke 1 times/);
    near.close();
    await assert.rejects(far.expect('unchoke'), /ended before unchoke/);
  }));
