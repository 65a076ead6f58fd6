/** The signature in a `.dst`: over its header and its content, so it says something of no other file. */
import { concat } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { HYBRID_PUBLIC_KEY, HYBRID_SIGNATURE, verifyHybrid } from '../../crypto/hybrid-signature.ts';
import type { Primitives } from '../../crypto/primitives.ts';

/** Who signs; the private key stays with it. */
export interface Signer {
  /** 1,984 bytes. */
  readonly publicKey: Uint8Array;
  /** A hybrid signature of 3,373 bytes over a SHA-512, for a purpose. */
  sign(purpose: string, digest: Uint8Array): Uint8Array;
}

/** Public key and signature. */
export const SIGNATURE_BLOCK: ByteCount = HYBRID_PUBLIC_KEY + HYBRID_SIGNATURE;
const PURPOSE = 'dst-torrent.org/v1/signature';

/** `header`, `content`: SHA-512 of the header and of head and content. */
export const signatureBlock = (primitives: Primitives, signer: Signer, digests: FileDigests): Uint8Array =>
  concat([signer.publicKey, signer.sign(PURPOSE, digestOf(primitives, digests))]);

/** The public key that signed; null when the signature is not valid. */
export function signerOf(primitives: Primitives, block: Uint8Array, digests: FileDigests): Uint8Array | null {
  const publicKey = block.slice(0, HYBRID_PUBLIC_KEY);
  const signature = block.subarray(HYBRID_PUBLIC_KEY);
  const isValid = verifyHybrid(primitives, publicKey, PURPOSE, digestOf(primitives, digests), signature);
  return isValid ? publicKey : null;
}

export interface FileDigests {
  /** SHA-512 of the header up to its end. */
  readonly header: Uint8Array;
  /** SHA-512 of the head and the content. */
  readonly content: Uint8Array;
}

const digestOf = (primitives: Primitives, { header, content }: FileDigests): Uint8Array =>
  primitives.hash('sha512', header, content);
