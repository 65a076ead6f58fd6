import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlaggedPeer, peerFlags } from './peer-flags.ts';

/** A peer with which nothing goes on. */
function peer(
  flags: Partial<Omit<FlaggedPeer, 'connection' | 'downloads'>> = {},
  {
    isIncoming = false,
    protection,
    isSnubbed = false,
  }: { isIncoming?: boolean; protection?: string; isSnubbed?: boolean } = {},
): FlaggedPeer {
  const choked = {
    amChoking: true,
    amInterested: false,
    peerChoking: true,
    peerInterested: false,
    unchoked: null,
  };
  return { ...choked, ...flags, connection: { isIncoming, protection }, downloads: { isSnubbed } };
}

test('the letters tell both directions of a connection', () => {
  assert.equal(peerFlags(peer(), 'tracker'), '');
  assert.equal(peerFlags(peer({ amInterested: true, peerChoking: false }), 'tracker'), 'D');
  assert.equal(peerFlags(peer({ amInterested: true }), 'tracker'), 'd');
  assert.equal(peerFlags(peer({ peerChoking: false }), 'tracker'), 'K');
  assert.equal(peerFlags(peer({ peerInterested: true, amChoking: false }), 'tracker'), 'U');
  assert.equal(peerFlags(peer({ peerInterested: true }), 'tracker'), 'u');
  assert.equal(peerFlags(peer({ amChoking: false }), 'tracker'), '?');
});

test('an optimistic unchoke is told while it lasts', () => {
  const unchoked = { isOptimistic: true };
  assert.equal(peerFlags(peer({ peerInterested: true, amChoking: false, unchoked }), 'tracker'), 'U O');
  assert.equal(
    peerFlags(peer({ peerInterested: true, amChoking: false, unchoked: { isOptimistic: false } }), 'x'),
    'U',
  );
});

test('they tell where the peer comes from and what protects the connection', () => {
  assert.equal(peerFlags(peer({}, { isIncoming: true, protection: 'mse' }), 'incoming'), 'I E');
  assert.equal(peerFlags(peer({}, { protection: 'mse-handshake' }), 'dht'), 'H e');
  assert.equal(peerFlags(peer({}, { protection: 'noise' }), 'pex'), 'X E');
  assert.equal(peerFlags(peer({ amInterested: true }, { isSnubbed: true }), 'lsd'), 'd S L');
});
