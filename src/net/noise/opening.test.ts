import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemRandom } from '../../base/random.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import type { ServedSwarms, SwarmSecret } from '../transport.ts';
import { makeOpening, type NoiseSwarm, OPENING, Openings } from './opening.ts';

const nameOf = (i: number): Uint8Array => new Uint8Array(20).fill(i);
const secretOf = (i: number, transport: SwarmSecret['transport']): SwarmSecret => ({
  psk: new Uint8Array(32).fill(100 + i),
  transport,
});
const openingOf = (swarm: NoiseSwarm): Uint8Array => makeOpening(nodePrimitives, systemRandom, swarm);

/** Swarms by their number: with a secret, or null. */
function served(secrets: readonly (SwarmSecret | null)[]): ServedSwarms & { revision: number } {
  return {
    revision: 0,
    infoHashes: () => secrets.map((_, i) => nameOf(i)),
    secretOf: ([first = 0]) => secrets[first] ?? null,
  };
}

describe('an opening', () => {
  it('is recognised for its own swarm among many, with its secret and without', () => {
    const transports = fc.constantFrom('required', 'prefer', 'off', null);
    fc.assert(
      fc.property(fc.array(transports, { minLength: 1, maxLength: 40 }), (list) => {
        const secrets = list.map((transport, i) => transport && secretOf(i, transport));
        const openings = new Openings(nodePrimitives, served(secrets));
        for (const [i, secret] of secrets.entries()) {
          const infoHash = nameOf(i);
          const open = openings.find(openingOf({ infoHash, secret: null }));
          assert.deepEqual(open, secret?.transport === 'required' ? null : { infoHash, secret: null });
          if (secret !== null) assert.deepEqual(openings.find(openingOf({ infoHash, secret })), { infoHash, secret });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('for members only is recognised with the secret of a torrent that asks for it, and otherwise never', () => {
    const secrets = [secretOf(0, 'required'), secretOf(1, 'prefer'), secretOf(2, 'off'), null];
    const openings = new Openings(nodePrimitives, served(secrets), true);
    const isFound = (i: number, secret: SwarmSecret | null): boolean =>
      openings.find(openingOf({ infoHash: nameOf(i), secret })) !== null;
    for (const [i, secret] of secrets.entries()) {
      assert.equal(isFound(i, null), false, `${i}`);
      if (secret !== null) assert.equal(isFound(i, secret), secret.transport !== 'off', secret.transport);
    }
  });

  it('of a swarm that is not served, or with another secret, is none', () => {
    const openings = new Openings(nodePrimitives, served([null, secretOf(1, 'prefer')]));
    assert.equal(openings.find(openingOf({ infoHash: nameOf(7), secret: null })), null);
    assert.equal(openings.find(openingOf({ infoHash: nameOf(0), secret: secretOf(0, 'prefer') })), null);
    assert.equal(openings.find(openingOf({ infoHash: nameOf(1), secret: secretOf(2, 'prefer') })), null);
  });

  it('with any bit changed is none', () => {
    const secret = secretOf(0, 'prefer');
    const openings = new Openings(nodePrimitives, served([secret]));
    const opening = openingOf({ infoHash: nameOf(0), secret });
    for (let bit = 0; bit < 8 * OPENING; bit++) {
      const changed = opening.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(openings.find(changed), null, `bit ${bit}`);
    }
  });

  it('is another one each time, and is found within more bytes', () => {
    const swarm = { infoHash: nameOf(0), secret: null };
    const [one, two] = [openingOf(swarm), openingOf(swarm)];
    assert.notDeepEqual(one, two);
    assert.notDeepEqual(one.subarray(8), two.subarray(8));
    const within = new Uint8Array(30);
    within.set(one, 5);
    assert.deepEqual(new Openings(nodePrimitives, served([null])).find(within.subarray(5, 25)), swarm);
  });

  it('of a swarm that came later is recognised, of one that has gone no more', () => {
    const secrets: (SwarmSecret | null)[] = [null];
    const swarms = served(secrets);
    const openings = new Openings(nodePrimitives, swarms);
    const late = openingOf({ infoHash: nameOf(1), secret: null });
    assert.equal(openings.find(late), null);
    secrets.push(null);
    swarms.revision++;
    assert.notEqual(openings.find(late), null);
    secrets.length = 0;
    swarms.revision++;
    assert.equal(openings.find(late), null);
  });

  it('without a secret is none any more once its swarm demands one', () => {
    const secrets: (SwarmSecret | null)[] = [null];
    const swarms = served(secrets);
    const openings = new Openings(nodePrimitives, swarms);
    const plain = openingOf({ infoHash: nameOf(0), secret: null });
    assert.notEqual(openings.find(plain), null);
    secrets[0] = secretOf(0, 'required');
    swarms.revision++;
    assert.equal(openings.find(plain), null);
  });
});
