/**
 * HPKE (RFC 9180), base mode and one message: what wraps a file key for the owner of an X-Wing key. The secret of
 * MLKEM768-X25519 goes into the key schedule as it is (draft-ietf-hpke-pq).
 */
import { concat, utf8 } from '../base/bytes.ts';
import { hkdfExpand, hkdfExtract } from './hkdf.ts';
import { type Aead, type Primitives, wipe } from './primitives.ts';
import { xWingDecapsulate, xWingEncapsulate } from './x-wing.ts';

/** What RFC 9180 calls a suite, less its fixed parts: MLKEM768-X25519 and HKDF-SHA256. */
export interface HpkeSuite {
  /** §7.3. */
  readonly aeadId: number;
  readonly aead: Pick<Aead, 'seal' | 'open'>;
  readonly primitives: Primitives;
}

export const aesSuite = (primitives: Primitives): HpkeSuite => ({ aeadId: 2, aead: primitives.aes256Gcm, primitives });
export const chachaSuite = (primitives: Primitives): HpkeSuite => ({
  aeadId: 3,
  aead: primitives.chacha20Poly1305,
  primitives,
});

const KEM_ID = 0x647a;
const KDF_ID = 1;
const EMPTY = new Uint8Array(0);

/** §6.1. `ephemeral`: 32 random bytes. Null when the public key is none. */
export function hpkeSeal(
  suite: HpkeSuite,
  publicKey: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
  ephemeral: Uint8Array,
): { readonly encapsulated: Uint8Array; readonly ciphertext: Uint8Array } | null {
  const made = xWingEncapsulate(suite.primitives, publicKey, ephemeral);
  if (made === null) return null;
  const { key, nonce } = schedule(suite, made.secret, info);
  const ciphertext = suite.aead.seal(key, nonce, plaintext);
  wipe(key, made.secret);
  return { encapsulated: made.ciphertext, ciphertext };
}

/** Null when it was not sealed for this key, or altered. */
export function hpkeOpen(
  suite: HpkeSuite,
  seed: Uint8Array,
  info: Uint8Array,
  encapsulated: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | null {
  const secret = xWingDecapsulate(suite.primitives, seed, encapsulated);
  if (secret === null) return null;
  const { key, nonce } = schedule(suite, secret, info);
  const plaintext = suite.aead.open(key, nonce, ciphertext);
  wipe(key, secret);
  return plaintext;
}

/** §5.1, mode base. */
function schedule(
  { aeadId, primitives }: HpkeSuite,
  secret: Uint8Array,
  info: Uint8Array,
): { key: Uint8Array; nonce: Uint8Array } {
  const suiteId = concat([utf8('HPKE'), ...[KEM_ID, KDF_ID, aeadId].map((id) => Uint8Array.of(id >> 8, id & 0xff))]);
  const version = utf8('HPKE-v1');
  const extract = (salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array =>
    hkdfExtract(primitives, 'sha256', salt, concat([version, suiteId, utf8(label), ikm]));
  const context = concat([Uint8Array.of(0), extract(EMPTY, 'psk_id_hash', EMPTY), extract(EMPTY, 'info_hash', info)]);
  const prk = extract(secret, 'secret', EMPTY);
  const expand = (label: string, length: number): Uint8Array =>
    hkdfExpand(
      primitives,
      'sha256',
      prk,
      concat([Uint8Array.of(length >> 8, length & 0xff), version, suiteId, utf8(label), context]),
      length,
    );
  const derived = { key: expand('key', 32), nonce: expand('base_nonce', 12) };
  wipe(prk);
  return derived;
}
