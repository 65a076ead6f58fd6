/** Wycheproof (C2SP) for the classical primitives, and for the chunks of a `.dst`. */
import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import { concat, equalBytes, toHex } from '../../src/base/bytes.ts';
import { CHUNKS_HEAD, ChunkKey, plainLength, SEALED_CHUNK } from '../../src/codec/dst/chunks.ts';
import { hkdfExpand, hkdfExtract } from '../../src/crypto/hkdf.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { hex, testWycheproof, verdictOf, type WycheproofCase } from './published.ts';

interface AeadGroup {
  readonly ivSize: number;
  readonly keySize: number;
}

interface AeadCase extends WycheproofCase {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

for (const [name, file, counts] of [
  ['aes256Gcm', 'aes_gcm', { accepted: 39, refused: 27, 'not ours': 250 }],
  ['chacha20Poly1305', 'chacha20_poly1305', { accepted: 256, refused: 60, 'not ours': 9 }],
] as const) {
  testWycheproof<AeadGroup, AeadCase>(file, counts, (one, group, primitives) => {
    const aead = primitives[name];
    const [key, nonce, aad, plaintext] = [hex(one.key), hex(one.iv), hex(one.aad), hex(one.msg)];
    const ciphertext = hex(one.ct + one.tag);
    if (group.keySize !== 256 || group.ivSize !== 96) {
      assert.throws(() => aead.open(key, nonce, ciphertext, aad), RangeError);
      return 'not ours';
    }
    const opened = aead.open(key, nonce, ciphertext, aad);
    if (opened === null) return 'refused';
    assert.deepEqual(opened, plaintext);
    assert.deepEqual(aead.seal(key, nonce, plaintext, aad), ciphertext);
    return 'accepted';
  });
}

interface HkdfCase extends WycheproofCase {
  readonly ikm: string;
  readonly salt: string;
  readonly info: string;
  readonly size: number;
  readonly okm: string;
}

for (const [hash, counts] of [
  ['sha256', { accepted: 83, refused: 3, 'not ours': 0 }],
  ['sha512', { accepted: 80, refused: 3, 'not ours': 0 }],
] as const) {
  testWycheproof<object, HkdfCase>(`hkdf_${hash}`, counts, ({ ikm, salt, info, size, okm }, _, primitives) => {
    const key = hkdfExtract(primitives, hash, hex(salt), hex(ikm));
    const longest = 255 * (hash === 'sha256' ? 32 : 64);
    if (size > longest) {
      assert.throws(() => hkdfExpand(primitives, hash, key, hex(info), size), RangeError);
      return 'refused';
    }
    return verdictOf(toHex(hkdfExpand(primitives, hash, key, hex(info), size)) === okm);
  });
}

interface ExchangeCase extends WycheproofCase {
  readonly public: string;
  readonly private: string;
  readonly shared: string;
}

testWycheproof<object, ExchangeCase>('x25519', { accepted: 487, refused: 31, 'not ours': 0 }, (one, _, { x25519 }) => {
  const secret = x25519.sharedSecret(hex(one.private), hex(one.public));
  const isZero = one.flags?.includes('ZeroSharedSecret') === true;
  assert.equal(secret === null ? null : toHex(secret), isZero ? null : one.shared, `case ${one.tcId}`);
  return verdictOf(!isZero);
});

interface SignatureCase extends WycheproofCase {
  readonly msg: string;
  readonly sig: string;
}

testWycheproof<{ readonly publicKey: { readonly pk: string } }, SignatureCase>(
  'ed25519',
  { accepted: 88, refused: 62, 'not ours': 0 },
  ({ msg, sig }, { publicKey }, { ed25519 }) => verdictOf(ed25519.verify(hex(publicKey.pk), hex(msg), hex(sig))),
);

interface OaepCase extends WycheproofCase {
  readonly msg: string;
  readonly ct: string;
  readonly label: string;
}

testWycheproof<{ readonly privateKeyPkcs8: string }, OaepCase>(
  'rsa_oaep_4096_sha256_mgf1sha256',
  { accepted: 18, refused: 19, 'not ours': 0 },
  async ({ msg, ct, label }, { privateKeyPkcs8 }, _, rsa) => {
    const plaintext = await rsa.decrypt(hex(privateKeyPkcs8), hex(ct), hex(label));
    return verdictOf(plaintext !== null && toHex(plaintext) === msg);
  },
);

testWycheproof<{ readonly publicKeyDer: string }, SignatureCase>(
  'rsa_pss_4096_sha256_mgf1_32',
  { accepted: 63, refused: 45, 'not ours': 0 },
  async ({ msg, sig }, { publicKeyDer }, _, rsa) => verdictOf(await rsa.verify(hex(publicKeyDer), hex(msg), hex(sig))),
);

interface ChunkedCase extends WycheproofCase {
  readonly key: string;
  readonly ctx: string;
  /** Compressed (zlib), hexadecimal. */
  readonly ct: string;
  /** Of what may be given out: the plaintext, or the chunks before the first bad one. */
  readonly msgLength?: number;
  readonly msgSha512?: string;
}

testWycheproof<object, ChunkedCase>(
  'c2sp_chunked_encryption_aes_256_gcm',
  { accepted: 10, refused: 25, 'not ours': 0 },
  (one, _, primitives) => {
    const message = new Uint8Array(inflateSync(hex(one.ct)));
    const [key, context] = [hex(one.key), hex(one.ctx)];
    if (key.length !== 32) {
      assert.throws(() => ChunkKey.forOpening(primitives, key, message.subarray(0, CHUNKS_HEAD), context), RangeError);
      return 'refused';
    }
    const { chunks, isWhole } = openChunks(primitives, key, context, message);
    const plaintext = concat(chunks);
    assert.equal(plaintext.length, one.msgLength ?? 0);
    if (one.msgSha512 !== undefined) assert.equal(toHex(primitives.hash('sha512', plaintext)), one.msgSha512);
    if (!isWhole) return 'refused';
    const sealer = ChunkKey.forSealing(primitives, key, message.slice(0, 24), context);
    const sealed = chunks.map((chunk, i) => sealer.seal(i, chunk));
    assert.ok(equalBytes(concat([sealer.head, ...sealed]), message), 'sealed again it is another message');
    return 'accepted';
  },
  "Debian's Wycheproof is older than these vectors (test/vectors/README.md)",
);

/** The chunks before the first bad one, and whether there was none and the last one ends the message. */
function openChunks(
  primitives: Primitives,
  key: Uint8Array,
  context: Uint8Array,
  message: Uint8Array,
): { readonly chunks: readonly Uint8Array[]; readonly isWhole: boolean } {
  const opener = ChunkKey.forOpening(primitives, key, message.subarray(0, CHUNKS_HEAD), context);
  const chunks: Uint8Array[] = [];
  if (opener === null) return { chunks, isWhole: false };
  for (let at = CHUNKS_HEAD; at < message.length; at += SEALED_CHUNK) {
    const chunk = opener.open(chunks.length, message.subarray(at, at + SEALED_CHUNK));
    if (chunk === null) return { chunks, isWhole: false };
    chunks.push(chunk);
  }
  return { chunks, isWhole: plainLength(message.length) !== null };
}
