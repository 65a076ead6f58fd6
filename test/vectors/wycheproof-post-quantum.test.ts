/** Wycheproof (C2SP) for ML-KEM and ML-DSA. */
import assert from 'node:assert/strict';
import { toHex } from '../../src/base/bytes.ts';
import { noblePrimitives } from '../../src/crypto/portable/noble-primitives.ts';
import { withRandomness } from '../crypto/fixed-randomness.ts';
import { hex, testWycheproof, verdictOf, type WycheproofCase } from './published.ts';

interface KemCase extends WycheproofCase {
  readonly seed: string;
  readonly ek?: string;
  readonly c: string;
  readonly K: string;
}

interface EncapsulationCase extends WycheproofCase {
  readonly ek: string;
  readonly m: string;
  readonly c: string;
  readonly K: string;
}

interface KeyCase extends WycheproofCase {
  readonly seed: string;
  readonly ek: string;
}

for (const [name, file, counts] of [
  [
    'mlKem768',
    'mlkem_768',
    {
      decapsulation: { accepted: 153, refused: 40, 'not ours': 0 },
      encapsulation: { accepted: 133, refused: 132, 'not ours': 0 },
      keys: { accepted: 100, refused: 0, 'not ours': 0 },
    },
  ],
  [
    'mlKem1024',
    'mlkem_1024',
    {
      decapsulation: { accepted: 153, refused: 40, 'not ours': 0 },
      encapsulation: { accepted: 133, refused: 136, 'not ours': 0 },
      keys: { accepted: 100, refused: 0, 'not ours': 0 },
    },
  ],
] as const) {
  testWycheproof<object, KemCase>(file, counts.decapsulation, (one, _, primitives) => {
    const kem = primitives[name];
    const [seed, ciphertext] = [hex(one.seed), hex(one.c)];
    if (seed.length !== 64 || ciphertext.length !== kem.ciphertextLength) {
      assert.throws(() => kem.decapsulate(seed, ciphertext), RangeError);
      return 'refused';
    }
    if (one.ek !== undefined) assert.equal(toHex(kem.publicKeyOf(seed)), one.ek);
    return verdictOf(toHex(kem.decapsulate(seed, ciphertext)) === one.K);
  });

  testWycheproof<object, EncapsulationCase>(`${file}_encaps`, counts.encapsulation, (one, _, primitives) => {
    const made = withRandomness(hex(one.m), () => primitives[name].encapsulate(hex(one.ek)));
    // OpenSSL draws its own randomness; what it makes is compared by decapsulating it, elsewhere.
    if (made !== null && primitives === noblePrimitives) {
      assert.deepEqual([toHex(made.ciphertext), toHex(made.secret)], [one.c, one.K], `case ${one.tcId}`);
    }
    return verdictOf(made !== null);
  });

  testWycheproof<object, KeyCase>(`${file}_keygen_seed`, counts.keys, ({ seed, ek }, _, primitives) =>
    verdictOf(toHex(primitives[name].publicKeyOf(hex(seed))) === ek),
  );
}

interface SigningGroup {
  readonly privateSeed: string;
  readonly publicKey: string | null;
}

interface SignatureCase extends WycheproofCase {
  /** Not there where the case begins with `mu`, the hash that is really signed. */
  readonly msg?: string;
  readonly ctx?: string;
  readonly rnd?: string;
  readonly sig: string;
}

/** The port signs without a context, and messages only. */
const isOurs = ({ msg, ctx }: SignatureCase): boolean => msg !== undefined && (ctx ?? '') === '';

for (const [name, file, counts] of [
  [
    'mlDsa44',
    'mldsa_44',
    {
      signing: { accepted: 71, refused: 3, 'not ours': 12 },
      verification: { accepted: 75, refused: 98, 'not ours': 7 },
    },
  ],
  [
    'mlDsa65',
    'mldsa_65',
    {
      signing: { accepted: 81, refused: 3, 'not ours': 21 },
      verification: { accepted: 77, refused: 126, 'not ours': 7 },
    },
  ],
] as const) {
  testWycheproof<SigningGroup, SignatureCase>(`${file}_sign_seed`, counts.signing, (one, group, primitives) => {
    const scheme = primitives[name];
    const seed = hex(group.privateSeed);
    if (!isOurs(one)) return 'not ours';
    const message = hex(one.msg ?? '');
    if (seed.length !== 32) {
      assert.throws(() => scheme.sign(seed, message), RangeError);
      return 'refused';
    }
    const publicKey = scheme.publicKeyOf(seed);
    assert.equal(toHex(publicKey), group.publicKey);
    // Without randomness of its own a case is of the deterministic variant, which is that of zeros (FIPS 204 §3.4).
    const signature = withRandomness(hex(one.rnd ?? '00'.repeat(32)), () => scheme.sign(seed, message));
    // OpenSSL draws its own randomness: its signature is another one.
    if (primitives === noblePrimitives) assert.equal(toHex(signature), one.sig, `case ${one.tcId}`);
    else assert.ok(scheme.verify(publicKey, message, signature), `case ${one.tcId}`);
    return verdictOf(scheme.verify(publicKey, message, hex(one.sig)));
  });

  testWycheproof<{ readonly publicKey: string }, SignatureCase>(
    `${file}_verify`,
    counts.verification,
    (one, { publicKey }, primitives) =>
      isOurs(one) ? verdictOf(primitives[name].verify(hex(publicKey), hex(one.msg ?? ''), hex(one.sig))) : 'not ours',
  );
}
