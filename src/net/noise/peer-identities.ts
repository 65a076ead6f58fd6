/** What Noise needs to know of people: who we say that we are, and whether others are who they say. */
import type { ClaimPlace } from '../../codec/identity/index.ts';
import type { PeerIdentity } from '../transport.ts';

export interface PeerIdentities {
  /** What we say of ourselves in a place, at most LONGEST_CLAIM bytes; null: nothing, anywhere. */
  readonly claim: ((place: ClaimPlace) => Uint8Array) | null;
  /** Who has made a claim in this place; null when it is not valid there. The claim is a view, valid during the call. */
  judge(claim: Uint8Array, place: ClaimPlace): PeerIdentity | null;
}
