import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PeerPresence } from './peer-presence.ts';

/** Ticks of a span. */
const SPAN = 100;
const HOST = 0x12345678;
const newPresence = (): PeerPresence => new PeerPresence(PeerPresence.memory());

/** Lets up to `count` peers in whose numbers begin with `first`; answers with how many there was room for. */
function join(presence: PeerPresence, first: number, count: number, limit: number): number {
  let taken = 0;
  for (let peer = first; peer < first + count && presence.take(HOST, limit); peer++, taken++)
    presence.arrived(HOST, peer);
  return taken;
}

describe('peers that are there', () => {
  it('are counted for each address up to its limit', () => {
    const presence = newPresence();
    assert.equal(join(presence, 1, 10, 4), 4);
    assert.ok(presence.take(HOST + 0x10001, 4));
    presence.left(HOST, 1);
    presence.giveBack(HOST);
    assert.equal(join(presence, 11, 10, 4), 2);
  });

  it('are carried into the next span once each when they were heard of, and are not when they were silent', () => {
    const presence = newPresence();
    presence.enterSpan(7 * SPAN, SPAN);
    join(presence, 1, 6, 6);
    presence.enterSpan(8 * SPAN, SPAN);
    for (const peer of [1, 2, 1, 2, 1]) presence.stayed(HOST, peer);
    assert.equal(join(presence, 11, 10, 6), 0, 'the silent ones may still come');
    presence.enterSpan(9 * SPAN, SPAN);
    assert.equal(join(presence, 11, 10, 6), 4);
    presence.enterSpan(10 * SPAN, SPAN);
    assert.equal(join(presence, 21, 10, 6), 2, 'those of the last span only');
  });

  it('are not carried on when they left in the span in which they were heard of', () => {
    const presence = newPresence();
    presence.enterSpan(1 * SPAN, SPAN);
    join(presence, 1, 3, 3);
    presence.enterSpan(2 * SPAN, SPAN);
    for (const peer of [1, 2, 3]) presence.stayed(HOST, peer);
    for (const peer of [1, 2]) presence.left(HOST, peer);
    presence.enterSpan(3 * SPAN, SPAN);
    assert.equal(join(presence, 11, 5, 3), 2);
  });

  it('are forgotten when spans have passed without any', () => {
    const presence = newPresence();
    presence.enterSpan(1 * SPAN, SPAN);
    join(presence, 1, 3, 3);
    presence.enterSpan(3 * SPAN, SPAN);
    assert.equal(join(presence, 1, 5, 3), 3);
  });

  it('stay when the time for which silent peers stay changes', () => {
    const presence = newPresence();
    presence.enterSpan(7 * SPAN, SPAN);
    join(presence, 1, 6, 6);
    presence.enterSpan(7 * SPAN + 1, SPAN / 2);
    presence.enterSpan(7 * SPAN + 2, 4 * SPAN);
    assert.equal(join(presence, 11, 10, 6), 0);
  });

  it('stay when a thread is a moment behind in the span before', () => {
    const memory = PeerPresence.memory();
    const [presence, behind] = [new PeerPresence(memory), new PeerPresence(memory)];
    presence.enterSpan(5 * SPAN, SPAN);
    join(presence, 1, 3, 3);
    behind.enterSpan(4 * SPAN, SPAN);
    assert.equal(join(behind, 11, 3, 3), 0);
    behind.enterSpan(5 * SPAN, SPAN);
    presence.enterSpan(6 * SPAN, SPAN);
    assert.equal(join(presence, 11, 3, 3), 0);
  });

  it('are never fewer than none', () => {
    const presence = newPresence();
    for (let peer = 0; peer < 5; peer++) presence.left(HOST, peer);
    assert.equal(join(presence, 11, 10, 4), 4);
  });

  it('are told apart well when there are two millions', () => {
    const presence = newPresence();
    presence.enterSpan(1 * SPAN, SPAN);
    for (let peer = 0; peer < 2e6; peer++)
      presence.stayed(Math.imul(peer, 0x9e3779b1) >>> 0, Math.imul(peer, 0x85ebca6b) >>> 0);
    for (let peer = 2e6; peer < 2.001e6; peer++) presence.stayed(HOST, Math.imul(peer, 0x85ebca6b) >>> 0);
    presence.enterSpan(2 * SPAN, SPAN);
    const room = join(presence, 1, 2000, 2000);
    assert.ok(room < 1100, `room for ${room} instead of 1000`);
  });
});
