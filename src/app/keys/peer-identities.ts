/** Who we are to the peers of sealed torrents, and who they are to us (docs/spec/peer-noise.md §3). */
import { decodePeerClaim, signPeerClaim } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import type { PeerIdentities } from '../../net/noise/index.ts';
import type { UnlockedIdentity } from './unlocked-identity.ts';

/** `own`: the identity that we prove; null: none. `contacts`: what we call others, by their fingerprints. */
export function peerIdentities(
  own: Pick<UnlockedIdentity, 'publicIdentity' | 'signer'> | null,
  contacts: ReadonlyMap<string, string>,
): PeerIdentities {
  return {
    claim: own && ((place) => signPeerClaim(nodePrimitives, own.publicIdentity, place, own.signer)),
    judge(claim, place) {
      try {
        const { fingerprint } = decodePeerClaim(nodePrimitives, claim, place);
        return { fingerprint, name: contacts.get(fingerprint) ?? null };
      } catch {
        return null; // A document that is none, or was signed by nobody, for elsewhere or for another.
      }
    },
  };
}
