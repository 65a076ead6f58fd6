import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerAvailability } from './peer-availability.ts';

/** Of a peer in a torrent of ten pieces. */
function known(): PeerAvailability {
  const pieces = new PeerAvailability();
  pieces.learnCount(10);
  return pieces;
}

test('a have is new once, and a fault beyond the last piece', () => {
  const pieces = known();
  assert.deepEqual([pieces.add(9), pieces.add(9), pieces.add(10)], ['new', 'known', 'fault']);
  assert.deepEqual([pieces.progress, pieces.isSeed], [0.1, false]);
});

test('a bitfield must fit the torrent', () => {
  const pieces = known();
  assert.deepEqual([pieces.setBits(Uint8Array.of(0xff)), pieces.setBits(Uint8Array.of(0xff, 0xff))], [false, false]);
  assert.equal(pieces.setBits(Uint8Array.of(0xff, 0xc0)), true);
  assert.equal(pieces.isSeed, true);
});

test('what was said before the number of pieces is known counts when it is', () => {
  const pieces = new PeerAvailability();
  assert.equal(pieces.setBits(Uint8Array.of(0x80, 0)), true);
  assert.equal(pieces.add(9), 'known');
  assert.equal(pieces.learnCount(10), null);
  assert.deepEqual([...pieces.have], [0, 9]);
  assert.equal(pieces.learnCount(99), null, 'the number does not change');
});

test('who said to have everything is a seed before and after the number is known', () => {
  const pieces = new PeerAvailability();
  pieces.setAll();
  assert.equal(pieces.isSeed, true);
  pieces.learnCount(10);
  assert.deepEqual([pieces.isSeed, pieces.have.count], [true, 10]);
});

test('what was said wrongly is found when the number is known', () => {
  const [bits, have] = [new PeerAvailability(), new PeerAvailability()];
  bits.setBits(Uint8Array.of(1, 2, 3));
  have.add(10);
  assert.match(bits.learnCount(10) ?? '', /^WIRE_BAD_BITFIELD/);
  assert.match(have.learnCount(10) ?? '', /^WIRE_OUT_OF_RANGE/);
});

test('a piece is refused for ten seconds, or until the peer unchokes us anew', () => {
  const pieces = known();
  pieces.refuse(3, false, 1000);
  pieces.tick(10_999);
  assert.deepEqual([pieces.isRefused(3), pieces.isRefused(4)], [true, false]);
  pieces.tick(11_000);
  assert.equal(pieces.isRefused(3), false);
  pieces.refuse(3, false, 20_000);
  pieces.forgetRefusals();
  assert.equal(pieces.isRefused(3), false);
});

test('a reject under a choke only ends the permission to ask for the piece all the same', () => {
  const pieces = known();
  pieces.allowedFast.add(3);
  pieces.refuse(3, true, 0);
  assert.deepEqual([pieces.allowedFast.size, pieces.isRefused(3)], [0, false]);
});
