/**
 * Rotation: the owner of an identity says which one takes its place. Old and new key both sign: the old one, because only
 * its owner may; the new one, so that nobody can make another's key the heir of his own.
 */
import type { UnixSeconds } from '../../base/units.ts';
import { HYBRID_SIGNATURE, verifyHybrid } from '../../crypto/hybrid-signature.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import type { Signer } from '../dst/index.ts';
import {
  bytesOf,
  checkCanonical,
  decodeDocument,
  documentDigest,
  encodeDocument,
  type Fields,
  invalid,
  timeOf,
} from './document.ts';
import { identityError } from './errors.ts';
import { decodeIdentity, type PublicIdentity } from './public-identity.ts';

export interface Rotation {
  readonly created: UnixSeconds;
  readonly from: PublicIdentity;
  readonly to: PublicIdentity;
  /** The canonical document. */
  readonly encoded: Uint8Array;
}

const TYPE = 'dst-torrent.org/v1/rotation';

const fieldsOf = ({ created, from, to }: Omit<Rotation, 'encoded'>): Fields => ({
  created,
  from: from.encoded,
  to: to.encoded,
});

export function signRotation(
  primitives: Primitives,
  rotation: Omit<Rotation, 'encoded'>,
  signers: { readonly from: Signer; readonly to: Signer },
): Rotation {
  const fields = fieldsOf(rotation);
  const digest = documentDigest(primitives, TYPE, fields);
  const signatures = { fromsig: signers.from.sign(TYPE, digest), tosig: signers.to.sign(TYPE, digest) };
  return { ...rotation, encoded: encodeDocument(TYPE, { ...fields, ...signatures }) };
}

/** Throws IDENTITY_*; IDENTITY_ROTATION unless both keys have signed it. */
export function decodeRotation(primitives: Primitives, bytes: Uint8Array): Rotation {
  const dictionary = decodeDocument(bytes, TYPE);
  const identityOf = (key: string): PublicIdentity =>
    decodeIdentity(primitives, dictionary.bytes(key) ?? new Uint8Array(0));
  const rotation = { created: timeOf(dictionary), from: identityOf('from'), to: identityOf('to') };
  const { from, to } = rotation;
  if (from.fingerprint === to.fingerprint) throw invalid('changes no key');
  const fields = fieldsOf(rotation);
  const fromsig = bytesOf(dictionary, 'fromsig', HYBRID_SIGNATURE);
  const tosig = bytesOf(dictionary, 'tosig', HYBRID_SIGNATURE);
  checkCanonical(bytes, encodeDocument(TYPE, { ...fields, fromsig, tosig }));
  const digest = documentDigest(primitives, TYPE, fields);
  const isByFrom = verifyHybrid(primitives, from.signing, TYPE, digest, fromsig);
  const isByTo = verifyHybrid(primitives, to.signing, TYPE, digest, tosig);
  if (!isByFrom || !isByTo) {
    throw identityError('IDENTITY_ROTATION', `the rotation is not signed by the ${isByFrom ? 'new' : 'old'} key`);
  }
  return { ...rotation, encoded: bytes.slice() };
}

/**
 * The fingerprints from a pinned one to that of today, in the order of the rotations; just the pinned one when none
 * leads on from it. Throws IDENTITY_FORK when two lead from one key to different ones, or one leads back.
 */
export function followRotations(pinned: string, rotations: readonly Rotation[]): string[] {
  const path = [pinned];
  for (;;) {
    const last = path.at(-1);
    const next = new Set(rotations.filter(({ from }) => from.fingerprint === last).map(({ to }) => to.fingerprint));
    const [only] = next;
    if (only === undefined) return path;
    if (next.size > 1 || path.includes(only)) {
      throw identityError('IDENTITY_FORK', `the rotations from ${last} do not lead to one key`);
    }
    path.push(only);
  }
}
