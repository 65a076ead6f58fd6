/** A signature of a file that lies beside it: who signed what, when, and under which name. */
import { equalBytes, utf8 } from '../../base/bytes.ts';
import { UNSAFE_CHARACTERS } from '../../base/printable.ts';
import type { ByteCount, UnixSeconds } from '../../base/units.ts';
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
import { signatureError } from './errors.ts';
import { decodeIdentity, type PublicIdentity } from './public-identity.ts';

export interface SignedFile {
  /** SHA-512 of its bytes. */
  readonly digest: Uint8Array;
  readonly length: ByteCount;
  /** Its name when it was signed; null when it had none. */
  readonly name: string | null;
}

export interface DetachedSignature {
  readonly file: SignedFile;
  readonly created: UnixSeconds;
  readonly identity: PublicIdentity;
}

const TYPE = 'dst-torrent.org/v1/detached-signature';
const LONGEST_NAME: ByteCount = 255;

/** Whether a signature can say it: what other names have would make a terminal lie. */
export const isFileName = (name: string): boolean =>
  name !== '' && name.isWellFormed() && utf8(name).length <= LONGEST_NAME && name.search(UNSAFE_CHARACTERS) < 0;

const fieldsOf = ({ file, created, identity }: DetachedSignature): Fields => ({
  created,
  digest: file.digest,
  identity: identity.encoded,
  length: file.length,
  name: file.name ?? undefined,
});

/** The document. `signer`: with the key of the identity. */
export function signFile(primitives: Primitives, signature: DetachedSignature, signer: Signer): Uint8Array {
  const fields = fieldsOf(signature);
  return encodeDocument(TYPE, { ...fields, signature: signer.sign(TYPE, documentDigest(primitives, TYPE, fields)) });
}

/** Throws IDENTITY_*, and SIGNATURE_FORGED when it was not made by the identity in it. The file is still to be compared. */
export function decodeSignature(primitives: Primitives, bytes: Uint8Array): DetachedSignature {
  const dictionary = decodeDocument(bytes, TYPE);
  const length = dictionary.int('length');
  const name = dictionary.text('name');
  if (length === null || length < 0) throw invalid('has no valid length');
  if (name !== null && !isFileName(name)) throw invalid('has a name that is not allowed');
  const identity = decodeIdentity(primitives, dictionary.bytes('identity') ?? new Uint8Array(0));
  const file = { digest: bytesOf(dictionary, 'digest', 64), length, name };
  const decoded = { file, created: timeOf(dictionary), identity };
  const signature = bytesOf(dictionary, 'signature', HYBRID_SIGNATURE);
  const fields = fieldsOf(decoded);
  checkCanonical(bytes, encodeDocument(TYPE, { ...fields, signature }));
  if (!verifyHybrid(primitives, identity.signing, TYPE, documentDigest(primitives, TYPE, fields), signature)) {
    throw signatureError('SIGNATURE_FORGED', 'the signature was not made by the key that it names');
  }
  return decoded;
}

/** Throws SIGNATURE_MISMATCH unless the file is the one that was signed, under whatever name. */
export function checkSignedFile({ file }: DetachedSignature, found: Pick<SignedFile, 'digest' | 'length'>): void {
  if (file.length === found.length && equalBytes(file.digest, found.digest)) return;
  throw signatureError('SIGNATURE_MISMATCH', 'the file is not the one that was signed', {
    details: { signedLength: file.length, foundLength: found.length },
  });
}
