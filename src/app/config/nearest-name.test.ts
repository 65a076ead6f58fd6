import assert from 'node:assert/strict';
import test from 'node:test';
import { nearestName } from './nearest-name.ts';

const known = ['port', 'bind', 'trustProxy', 'peersPerAddress', 'interval'];

test('a slip of the keyboard leads to the name that was meant', () => {
  assert.equal(nearestName('prot', known), 'port');
  assert.equal(nearestName('binds', known), 'bind');
  assert.equal(nearestName('intervall', known), 'interval');
  assert.equal(nearestName('peerPerAdress', known), 'peersPerAddress');
});

test('another way to write the words of a name is no distance', () => {
  assert.equal(nearestName('trust-proxy', known), 'trustProxy');
  assert.equal(nearestName('TRUST_PROXY', known), 'trustProxy');
});

test('a name that resembles none, or is far too long, leads nowhere', () => {
  assert.equal(nearestName('colour', known), null);
  assert.equal(nearestName('p'.repeat(1000), known), null);
});
