/**
 * The first 16 bytes of a connection under Noise: a salt and its keyed hash, which those who know the swarm recognise
 * and to others look like any bytes. So the listener finds the swarm that is meant before it does anything costly.
 */
import { toBinary, utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import { SipHash } from '../../base/siphash.ts';
import type { ByteCount } from '../../base/units.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import type { ServedSwarms, SwarmSecret } from '../transport.ts';

export const OPENING: ByteCount = 16;
const SALT: ByteCount = 8;

/** A swarm as both sides know it. */
export interface NoiseSwarm {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Of a sealed torrent: only those who can read it are let in. */
  readonly secret: SwarmSecret | null;
}

/** Whether the connections of a torrent with this secret are for those who know it, or for these first. */
export const isOfMembers = (secret: SwarmSecret | null): boolean => secret !== null && secret.transport !== 'off';

/** What goes over the wire first. */
export function makeOpening(primitives: Primitives, random: Random, swarm: NoiseSwarm): Uint8Array {
  const opening = new Uint8Array(OPENING);
  opening.set(random.bytes(SALT));
  opening.set(tagOf(hashFor(primitives, swarm), opening), SALT);
  return opening;
}

const hashFor = (primitives: Primitives, { infoHash, secret }: NoiseSwarm): SipHash =>
  new SipHash(
    primitives.hash('sha256', utf8('dst-torrent.org/v1/noise opening'), infoHash, secret?.psk ?? new Uint8Array(0)),
  );

function tagOf(hash: SipHash, opening: Uint8Array): Uint8Array {
  hash.hash(opening, SALT);
  const tag = new DataView(new ArrayBuffer(8));
  tag.setInt32(0, hash.low, true);
  tag.setInt32(4, hash.high, true);
  return new Uint8Array(tag.buffer);
}

interface Known {
  readonly swarm: NoiseSwarm;
  readonly hash: SipHash;
}

/** The swarms that are served, to look an opening up: 0.3 µs for each. */
export class Openings {
  readonly #primitives: Primitives;
  readonly #swarms: ServedSwarms;
  readonly #membersOnly: boolean;
  #revision = Number.NaN;
  /** Info hash and whether with its secret → hash; kept while the swarm is there. */
  #known = new Map<string, Known>();

  /** `membersOnly`: no opening without a secret, nor for a torrent that does not ask for one. */
  constructor(primitives: Primitives, swarms: ServedSwarms, membersOnly = false) {
    this.#primitives = primitives;
    this.#swarms = swarms;
    this.#membersOnly = membersOnly;
  }

  /** The swarm that is meant by the first 16 bytes of a connection; null when there is none. */
  find(first: Uint8Array): NoiseSwarm | null {
    if (this.#revision !== this.#swarms.revision) this.#refresh();
    const salted = first.subarray(0, SALT);
    const tag = new DataView(first.buffer, first.byteOffset + SALT, 8);
    const [low, high] = [tag.getInt32(0, true), tag.getInt32(4, true)];
    for (const { swarm, hash } of this.#known.values()) {
      hash.hash(salted, SALT);
      if ((hash.low | 0) === low && (hash.high | 0) === high) return swarm;
    }
    return null;
  }

  #refresh(): void {
    const before = this.#known;
    this.#known = new Map();
    for (const infoHash of this.#swarms.infoHashes()) {
      const secret = this.#swarms.secretOf(infoHash);
      if (!this.#membersOnly && secret?.transport !== 'required') this.#keep(before, { infoHash, secret: null });
      if (this.#membersOnly ? isOfMembers(secret) : secret !== null) this.#keep(before, { infoHash, secret });
    }
    this.#revision = this.#swarms.revision;
  }

  #keep(before: ReadonlyMap<string, Known>, swarm: NoiseSwarm): void {
    const key = `${toBinary(swarm.infoHash)}${swarm.secret === null ? '' : '+'}`;
    this.#known.set(key, before.get(key) ?? { swarm, hash: hashFor(this.#primitives, swarm) });
  }
}
