import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DstError, codeOf } from '../../base/errors.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { encodeBech32 } from './bech32.ts';
import {
  agePublicKeyOf,
  type AgeSecretKey,
  decodeAgeIdentityFile,
  decodeAgePublicKey,
  decodeAgeRecipientsFile,
  decodeAgeSecretKey,
  encodeAgePublicKey,
  encodeAgeSecretKey,
} from './keys.ts';

/** The examples of c2sp.org/age, "Native recipient types". */
const SECRET = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX';
const PUBLIC = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
const HYBRID_SECRET = 'AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR';
/** SHA-256 of its 1,959 letters. */
const HYBRID_PUBLIC = 'a091dd7e0ee9d62b75173dcc98441a0424baa941e66a8776e570a4ae60ff61ea';

const publicTextOf = (secret: string): string =>
  encodeAgePublicKey(agePublicKeyOf(nodePrimitives, decodeAgeSecretKey(secret)));

test('the examples of the specification belong together', () => {
  assert.equal(publicTextOf(SECRET), PUBLIC);
  const hybrid = publicTextOf(HYBRID_SECRET);
  assert.equal(hybrid.length, 1959);
  assert.equal(createHash('sha256').update(hybrid).digest('hex'), HYBRID_PUBLIC);
});

test('a key decodes to its kind and encodes to the same text', () => {
  for (const [text, kind] of [
    [SECRET, 'x25519'],
    [HYBRID_SECRET, 'hybrid'],
  ] as const) {
    const secret = decodeAgeSecretKey(text);
    assert.equal(secret.kind, kind);
    assert.equal(encodeAgeSecretKey(secret), text);
    const publicText = publicTextOf(text);
    assert.equal(decodeAgePublicKey(publicText).kind, kind);
    assert.equal(encodeAgePublicKey(decodeAgePublicKey(publicText)), publicText);
  }
});

test('a key that has a wrong length is not encoded', () => {
  assert.throws(() => encodeAgePublicKey({ kind: 'hybrid', publicKey: new Uint8Array(32) }), RangeError);
});

const anyBytes = new Uint8Array(32).fill(7);
const refused: readonly [title: string, read: () => unknown, message: RegExp][] = [
  ['a secret key for a recipient', () => decodeAgePublicKey(SECRET), /is a secret key/],
  ['a public key for an identity', () => decodeAgeSecretKey(PUBLIC), /is a public key/],
  ['a hybrid public key for an identity', () => decodeAgeSecretKey(publicTextOf(HYBRID_SECRET)), /is a public key/],
  ['upper and lower case mixed', () => decodeAgePublicKey(PUBLIC.replace('z', 'Z')), /mixed/],
  ['a wrong letter', () => decodeAgeSecretKey(SECRET.replace('GFPYY', 'GFPYZ')), /checksum/],
  ['a recipient in upper case', () => decodeAgePublicKey(PUBLIC.toUpperCase()), /known kind/],
  ['an identity in lower case', () => decodeAgeSecretKey(SECRET.toLowerCase()), /known kind/],
  [
    'a key of another program',
    () => decodeAgePublicKey(encodeBech32('bc', anyBytes)),
    /known kind \(age1…, age1pq1…\)/,
  ],
  ['a key of a plugin', () => decodeAgePublicKey(encodeBech32('age1yubikey', anyBytes)), /known kind/],
  ['too short a key', () => decodeAgePublicKey(encodeBech32('age', anyBytes.subarray(1))), /has 32 bytes/],
  ['an X25519 key under the hybrid prefix', () => decodeAgePublicKey(encodeBech32('age1pq', anyBytes)), /1216 bytes/],
  ['a key of SSH', () => decodeAgePublicKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ'), /form/],
];
for (const [title, read, message] of refused) {
  test(`${title} is refused`, () => {
    assert.throws(read, { code: 'SEALED_KEY_TEXT', message });
  });
}

test('an identity file has keys, comments and empty lines', () => {
  const file = `# created: 2026-11-26T10:00:00Z\r\n# public key: ${PUBLIC}\r\n${SECRET}\r\n\r\n  \n${HYBRID_SECRET} \n#`;
  assert.deepEqual(decodeAgeIdentityFile(file).map(encodeAgeSecretKey), [SECRET, HYBRID_SECRET]);
});

test('a recipients file has keys, comments and empty lines', () => {
  assert.deepEqual(decodeAgeRecipientsFile(`\n# friends\n${PUBLIC}\n`).map(encodeAgePublicKey), [PUBLIC]);
});

test('an identity file without a key is refused', () => {
  assert.throws(() => decodeAgeIdentityFile('# nothing\n'), { code: 'SEALED_KEY_TEXT', message: /no key/ });
});

test('a line that is no key is named by its number alone', () => {
  const mistyped = SECRET.replace('GFPYY', 'GFPYZ');
  assert.throws(
    () => decodeAgeIdentityFile(`# mine\n${SECRET}\n${mistyped}\n`),
    (error: unknown) => {
      assert.ok(error instanceof DstError);
      assert.equal(error.code, 'SEALED_KEY_TEXT');
      assert.deepEqual(error.details, { line: 3 });
      assert.match(error.message, /^line 3: /);
      assert.doesNotMatch(`${error.stack}${String(error.cause)}`, /GFPY/);
      return true;
    },
  );
});

test('garbage throws nothing but SEALED_KEY_TEXT', () => {
  const line = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(PUBLIC, SECRET, '# x', ''));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const read of [decodeAgeIdentityFile, decodeAgeRecipientsFile] as ((text: string) => AgeSecretKey[])[]) {
        try {
          assert.ok(read(lines.join('\n')).length > 0);
        } catch (error) {
          assert.equal(codeOf(error), 'SEALED_KEY_TEXT');
        }
      }
    }),
  );
});
