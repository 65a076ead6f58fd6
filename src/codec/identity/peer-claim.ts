/**
 * What a peer says of itself within a secure connection (docs/spec/peer-noise.md §3): its identity, and a signature over
 * the name of that connection and its side of it. So nobody can pass the claim on to another, come with it again, or
 * send it back to who made it.
 */
import { utf8 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { HYBRID_SIGNATURE, verifyHybrid } from '../../crypto/hybrid-signature.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import type { Signer } from '../dst/index.ts';
import { bytesOf, checkCanonical, decodeDocument, encodeDocument } from './document.ts';
import { identityError } from './errors.ts';
import { decodeIdentity, type PublicIdentity } from './public-identity.ts';

/** Which side of a connection a peer is. */
export type PeerRole = 'dialler' | 'listener';

/** The connection in which a claim is made, and by which side of it. */
export interface ClaimPlace {
  /** Name of the connection, the same on both sides and of no other one: the hash of a Noise handshake, 32 bytes. */
  readonly binding: Uint8Array;
  readonly role: PeerRole;
}

/** No claim is longer, bytes; with all that an identity may have it is 12,496. */
export const LONGEST_CLAIM: ByteCount = 16 * 1024;

const TYPE = 'dst-torrent.org/v1/peer-claim';

/** What is signed of a claim: SHA-512 of the name of the side and that of the connection. */
export const claimDigest = (primitives: Pick<Primitives, 'hash'>, { binding, role }: ClaimPlace): Uint8Array =>
  primitives.hash('sha512', utf8(`${role}\n`), binding);

/** The claim to be `identity`; `signer`: with its key. */
export function signPeerClaim(
  primitives: Primitives,
  identity: Pick<PublicIdentity, 'encoded'>,
  place: ClaimPlace,
  signer: Signer,
): Uint8Array {
  const signature = signer.sign(TYPE, claimDigest(primitives, place));
  return encodeDocument(TYPE, { identity: identity.encoded, signature });
}

/** Who made a claim. Throws IDENTITY_*; IDENTITY_FORGED when its key has not signed for this place. */
export function decodePeerClaim(primitives: Primitives, bytes: Uint8Array, place: ClaimPlace): PublicIdentity {
  const dictionary = decodeDocument(bytes, TYPE);
  const identity = decodeIdentity(primitives, dictionary.bytes('identity') ?? new Uint8Array(0));
  const signature = bytesOf(dictionary, 'signature', HYBRID_SIGNATURE);
  checkCanonical(bytes, encodeDocument(TYPE, { identity: identity.encoded, signature }));
  if (!verifyHybrid(primitives, identity.signing, TYPE, claimDigest(primitives, place), signature)) {
    throw identityError('IDENTITY_FORGED', 'the claim was not made for this connection by the key that it names');
  }
  return identity;
}
