import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressKey, type PeerAddress } from '../../base/address.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import { PeerPool } from './peer-pool.ts';

const address = (n: number, port = 6881): PeerAddress => ({ host: `10.0.${n >> 8}.${n & 255}`, port });

/** As much of a session as the pool looks at. */
function session(id: number, remote: PeerAddress, options: { isSeed?: boolean } = {}): PeerSession {
  const handshake = { peerId: new Uint8Array(20).fill(id) };
  const fake = { id, address: addressKey(remote), connection: { remote }, handshake, isSeed: options.isSeed === true };
  return { ...fake, close: () => {} } as unknown as PeerSession;
}

test('each known address is dialed once at a time, in the order of learning', () => {
  const pool = new PeerPool(new Set());
  assert.equal(pool.learn([address(1), address(2), address(1)], 'tracker', 0), 2);
  assert.deepEqual([pool.nextToDial(0, false), pool.nextToDial(0, false)], [address(1), address(2)]);
  assert.equal(pool.nextToDial(0, false), null);
  assert.equal(pool.busyCount, 2);
});

test('a failed dial is repeated after a pause that doubles, and given up after six failures', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1)], 'tracker', 0);
  let now = 0;
  for (const pause of [15_000, 30_000, 60_000, 120_000, 240_000]) {
    assert.deepEqual(pool.nextToDial(now, false), address(1));
    pool.dialFailed(address(1), now, false);
    assert.equal(pool.nextToDial(now + pause - 1, false), null);
    now += pause;
  }
  assert.deepEqual(pool.nextToDial(now, false), address(1));
  pool.dialFailed(address(1), now, false);
  assert.equal(pool.knownCount, 0);
});

test('an address that the user has named is not given up, but tried each quarter of an hour', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1)], 'user', 0);
  let now = 0;
  for (let failures = 0; failures < 20; failures++) {
    assert.deepEqual(pool.nextToDial(now, false), address(1));
    pool.dialFailed(address(1), now, false);
    now = pool.nextDialAt(false);
  }
  pool.nextToDial(now, false);
  pool.dialFailed(address(1), now, false);
  assert.equal(pool.nextDialAt(false) - now, 15 * 60_000);
});

test('an address that the user names is dialed at once, though it has just failed, and not given up from then on', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1)], 'tracker', 0);
  pool.nextToDial(0, false);
  pool.dialFailed(address(1), 0, false);
  assert.equal(pool.learn([address(1)], 'tracker', 1), 0);
  assert.equal(pool.nextToDial(1, false), null);
  assert.equal(pool.learn([address(1)], 'user', 1), 1);
  for (let failures = 0; failures < 6; failures++) {
    const now = Math.max(1, pool.nextDialAt(false));
    assert.deepEqual(pool.nextToDial(now, false), address(1));
    pool.dialFailed(address(1), now, false);
  }
  assert.equal(pool.knownCount, 1);
});

test('a connection that stood for a while forgives earlier failures', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1)], 'tracker', 0);
  for (const now of [0, 15_000, 45_000]) {
    pool.nextToDial(now, false);
    pool.dialFailed(address(1), now, false);
  }
  const peer = session(1, address(1));
  pool.nextToDial(105_000, false);
  pool.connected(peer);
  assert.equal(pool.nextToDial(200_000, false), null, 'it is connected');
  pool.disconnected(peer, 200_000);
  assert.equal(pool.nextToDial(214_999, false), null);
  assert.deepEqual(pool.nextToDial(215_000, false), address(1));
});

test('a seed does not dial those that were seeds', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1), address(2)], 'tracker', 0);
  for (const [id, isSeed] of [
    [1, true],
    [2, false],
  ] as const) {
    const peer = session(id, pool.nextToDial(0, false) as PeerAddress, { isSeed });
    pool.connected(peer);
    pool.disconnected(peer, 0);
  }
  assert.deepEqual(pool.nextToDial(60_000, true), address(2));
  assert.equal(pool.nextToDial(60_000, true), null);
  assert.deepEqual(pool.nextToDial(60_000, false), address(1));
});

test('a dial that the remote refused is counted, one that never reached it is not', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1)], 'tracker', 0);
  pool.dialFailed(address(1), 0, false);
  assert.equal(pool.refusalsOf(address(1)), 0);
  pool.dialFailed(address(1), 0, true);
  assert.equal(pool.refusalsOf(address(1)), 1);
});

test('a banned host is forgotten at all its ports, not learned again, and its connections are closed', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1), address(1, 7000), address(2)], 'tracker', 0);
  const reasons: string[] = [];
  const peer = { ...session(5, address(1, 50_000)), close: (reason: string) => void reasons.push(reason) };
  pool.connected(peer as unknown as PeerSession);
  pool.ban(address(1).host);
  assert.deepEqual([pool.knownCount, reasons.length, pool.isBanned(address(1).host)], [1, 1, true]);
  assert.equal(pool.learn([address(1), address(1, 8000)], 'tracker', 0), 0);
});

test('an address that is our own is not learned again', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1)], 'tracker', 0);
  pool.nextToDial(0, false);
  pool.exclude(address(1));
  pool.dialFailed(address(1), 0, true);
  assert.deepEqual([pool.knownCount, pool.busyCount, pool.learn([address(1)], 'tracker', 0)], [0, 0, 0]);
});

test('the host of a session is remembered after its end, but not for ever', () => {
  const pool = new PeerPool(new Set());
  for (let id = 1; id <= 1500; id++) {
    const peer = session(id, address(id));
    pool.connected(peer);
    assert.equal(pool.hostOf(id), address(id).host);
    pool.disconnected(peer, 0);
  }
  assert.equal(pool.hostOf(1500), address(1500).host);
  assert.equal(pool.hostOf(1), undefined);
});

test('no more addresses are remembered than could be of use', () => {
  const pool = new PeerPool(new Set());
  pool.learn(
    Array.from({ length: 5000 }, (_, n) => address(n)),
    'tracker',
    0,
  );
  assert.equal(pool.knownCount, 4000);
});

test('when no more are remembered, a new address takes the place of one that was tried before', () => {
  const pool = new PeerPool(new Set());
  const many = Array.from({ length: 4000 }, (_, n) => address(n));
  pool.learn(many, 'tracker', 0);
  const [gone, stays] = [1, 2].map((id) => session(id, pool.nextToDial(0, true) as PeerAddress, { isSeed: true }));
  assert.ok(gone !== undefined && stays !== undefined);
  pool.connected(gone);
  pool.connected(stays);
  pool.disconnected(gone, 0);
  assert.equal(pool.learn([address(5000), address(5001)], 'tracker', 0), 1);
  assert.equal(pool.knownCount, 4000);
});

test('a peer is found by its peer id', () => {
  const pool = new PeerPool(new Set());
  const peer = session(7, address(1));
  pool.connected(peer);
  assert.equal(pool.withPeerId(new Uint8Array(20).fill(7)), peer);
  assert.equal(pool.withPeerId(new Uint8Array(20).fill(8)), undefined);
});

test('hosts that are kept out are not learned, and forgotten when they come to be; others stay', () => {
  const kept = new Set([address(1).host]);
  const pool = new PeerPool(kept);
  assert.equal(pool.learn([address(1), address(2), address(3)], 'tracker', 0), 2);
  kept.add(address(2).host);
  const reasons: string[] = [];
  pool.connected({
    ...session(5, address(2)),
    close: (reason: string) => reasons.push(reason),
  } as unknown as PeerSession);
  pool.dropKeptOut();
  assert.deepEqual([pool.knownCount, pool.nextToDial(0, false), reasons.length], [1, address(3), 1]);
});

test('addresses that may not be dialled are not learned', () => {
  const pool = new PeerPool(new Set(), (host) => host !== address(1).host);
  assert.equal(pool.learn([address(1), address(2)], 'tracker', 0), 1);
  assert.deepEqual(pool.nextToDial(0, false), address(2));
});

test('a connected peer has its address from the source that gave it first, or is one that dialled us', () => {
  const pool = new PeerPool(new Set());
  pool.learn([address(1)], 'user', 0);
  pool.learn([address(1)], 'tracker', 0);
  assert.equal(pool.sourceOf(session(1, address(1))), 'user');
  const incoming = { ...session(2, address(1)), connection: { remote: address(1), isIncoming: true } } as PeerSession;
  assert.equal(pool.sourceOf(incoming), 'incoming');
});
