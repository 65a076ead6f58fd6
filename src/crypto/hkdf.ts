/** HKDF (RFC 5869), in its two steps because the chunked encryption of C2SP uses the second alone. */
import { concatSecret } from '../base/bytes.ts';
import type { ByteCount } from '../base/units.ts';
import { type Primitives, wipe } from './primitives.ts';

type Hmac = Pick<Primitives, 'hmac'>;
type HkdfHash = 'sha256' | 'sha512';

/** A pseudorandom key (§2.2). An empty salt stands for as many zeros as the hash has bytes. */
export function hkdfExtract({ hmac }: Hmac, name: HkdfHash, salt: Uint8Array, secret: Uint8Array): Uint8Array {
  return hmac(name, salt.length > 0 ? salt : new Uint8Array(name === 'sha256' ? 32 : 64), secret);
}

/** `length` bytes, 255 hashes at the most (§2.3). */
export function hkdfExpand(
  { hmac }: Hmac,
  name: HkdfHash,
  key: Uint8Array,
  info: Uint8Array,
  length: ByteCount,
): Uint8Array {
  const blocks: Uint8Array[] = [];
  let last: Uint8Array = new Uint8Array(0);
  for (let have = 0; have < length; have += last.length) {
    if (blocks.length === 255) throw new RangeError('HKDF gives 255 blocks at the most');
    last = hmac(name, key, last, info, Uint8Array.of(blocks.length + 1));
    blocks.push(last);
  }
  const all = concatSecret(blocks);
  wipe(...blocks, all.subarray(length));
  return all.subarray(0, length);
}

/** Both steps, with SHA-256: 32 bytes unless said. */
export function hkdf(
  primitives: Hmac,
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: ByteCount = 32,
): Uint8Array {
  const key = hkdfExtract(primitives, 'sha256', salt, secret);
  const expanded = hkdfExpand(primitives, 'sha256', key, info, length);
  wipe(key);
  return expanded;
}
