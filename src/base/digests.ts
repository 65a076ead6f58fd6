/**
 * The hash functions that the codecs need for small inputs (info dictionaries, merkle nodes, peer ids). The bulk of
 * hashing, piece data, happens behind the Storage port instead. Implemented in crypto/digests.ts.
 */
export interface Digests {
  /** 20 bytes; FIPS 180-4. */
  sha1(data: Uint8Array): Uint8Array;
  /** 32 bytes; FIPS 180-4. */
  sha256(data: Uint8Array): Uint8Array;
}
