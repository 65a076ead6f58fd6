/**
 * Noise XXhfs between peers of this program: secret and unaltered as long as one of X25519 and ML-KEM-768 holds. In the
 * swarm of a sealed torrent its secret goes into the handshake, so only those who can read the torrent come through,
 * and nobody stands between them (docs/spec/peer-noise.md, ADR 0016).
 */
import { concat, utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import { NoiseHandshake, type NoiseOptions } from '../../crypto/noise/handshake.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { netError } from '../errors.ts';
import type { Protection } from '../protection/index.ts';
import type { ServedSwarms } from '../transport.ts';
import { NoiseConnection } from './noise-connection.ts';
import { isOfMembers, makeOpening, type NoiseSwarm, OPENING, Openings } from './opening.ts';
import type { PeerIdentities } from './peer-identities.ts';

/** The dialler's first message in its frame (docs/spec/peer-noise.md §2). */
const FIRST_FRAME: ByteCount = 2 + 1216;
const FIRST_FRAME_WITH_PSK: ByteCount = 2 + 1248;

export interface NoiseDeps {
  readonly primitives: Primitives;
  readonly random: Random;
  /** Left out: we say nothing of ourselves, and do not hear what others say. */
  readonly identities?: PeerIdentities | undefined;
  /** Nobody but members of sealed torrents that prefer or require it: who has no secret to prove is anybody. */
  readonly membersOnly?: boolean;
}

/** A protection that looks for its own openings; it stands before those that take everything. */
export function noise({ primitives, random, identities, membersOnly = false }: NoiseDeps): Protection {
  const staticKey = random.bytes(32);
  const known = new WeakMap<ServedSwarms, Openings>();
  const openingsOf = (swarms: ServedSwarms): Openings => {
    const openings = known.get(swarms) ?? new Openings(primitives, swarms, membersOnly);
    known.set(swarms, openings);
    return openings;
  };
  const handshake = (swarm: NoiseSwarm, isInitiator: boolean): NoiseHandshake =>
    new NoiseHandshake(primitives, random, { ...optionsFor(swarm), isInitiator, staticKey });
  return {
    name: 'noise',
    provesSwarm: true,
    handshakeCost: 400,
    openingLength(first, swarms) {
      if (first.length < OPENING) return null;
      const swarm = openingsOf(swarms).find(first);
      return swarm === null ? 0 : OPENING + (swarm.secret === null ? FIRST_FRAME : FIRST_FRAME_WITH_PSK);
    },
    async accept(connection, swarms, first) {
      const swarm = openingsOf(swarms).find(first);
      if (swarm === null) throw netError('NET_PROTECTION_FAILED', 'the swarm is gone');
      const side = { handshake: handshake(swarm, false), swarm, opening: OPENING, identities };
      return NoiseConnection.establish(connection, side);
    },
    async dial(connection, { infoHash, secret = null, greeting }) {
      if (infoHash === undefined) throw netError('NET_PROTECTION_FAILED', 'it needs an info hash');
      if (membersOnly && !isOfMembers(secret)) throw netError('NET_PROTECTION_FAILED', 'it is for members only');
      const swarm = { infoHash, secret };
      const opening = makeOpening(primitives, random, swarm);
      const side = { handshake: handshake(swarm, true), swarm, opening, greeting, identities };
      return NoiseConnection.establish(connection, side);
    },
  };
}

function optionsFor({ infoHash, secret }: NoiseSwarm): Pick<NoiseOptions, 'pattern' | 'cipher' | 'prologue' | 'psk'> {
  const prologue = concat([utf8('dst-torrent.org/v1/peer'), infoHash]);
  const common = { cipher: 'AESGCM', prologue } as const;
  return secret === null ? { ...common, pattern: 'XXhfs' } : { ...common, pattern: 'XXhfs+psk3', psk: secret.psk };
}
