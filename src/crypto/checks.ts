/** What all implementations check of what their callers hand in, so that they refuse the same. */
import type { ByteCount } from '../base/units.ts';
import type { ScryptCosts } from './primitives.ts';

/** Throws RangeError unless `bytes` have `length`. `what`: what the bytes are, `a nonce` for instance. */
export function checkLength(what: string, bytes: Uint8Array, length: ByteCount): void {
  if (bytes.length !== length) throw new RangeError(`${what} has ${length} bytes, not ${bytes.length}`);
}

/** Throws RangeError for costs that RFC 7914 §2 does not have; Node takes 0 for a default, @noble a large N for any r. */
export function checkScryptCosts({ logN, r, p }: ScryptCosts): void {
  const areWhole = [logN, r, p].every((cost) => Number.isInteger(cost) && cost >= 1);
  if (!areWhole || logN >= 16 * r || r * p >= 2 ** 30) throw new RangeError('scrypt does not have these costs');
}

/** Size of RSA keys, bits. */
export const RSA_BITS = 4096;
/** Of ciphertexts; OpenSSL would also take them without their leading zeros (RFC 8017 §7.1.2). */
export const RSA_CIPHERTEXT: ByteCount = RSA_BITS / 8;
/** Longest plaintext of OAEP with SHA-256 (RFC 8017 §7.1.1): k − 2 hLen − 2. */
const LONGEST_OAEP: ByteCount = RSA_CIPHERTEXT - 2 * 32 - 2;

/** Throws RangeError for a plaintext that is too long for OAEP. */
export function checkOaepPlaintext({ length }: Uint8Array): void {
  if (length > LONGEST_OAEP) throw new RangeError(`RSA-OAEP takes ${LONGEST_OAEP} bytes at the most, not ${length}`);
}
