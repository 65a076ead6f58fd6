import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { type Encodable, decodeDict, encode } from '../bencode/index.ts';
import { checkSignedFile, decodeSignature, signFile } from './detached-signature.ts';
import { fingerprintOf, parseFingerprint } from './fingerprint.ts';
import { fakeIdentity } from './identity-fakes.test.ts';
import { decodePrivateIdentity, encodePrivateIdentity } from './private-identity.ts';
import { decodeIdentity, isIdentityName, signIdentity } from './public-identity.ts';
import { decodeRotation, followRotations, signRotation } from './rotation.ts';
import { decodeTextBlocks, encodeTextBlock } from './text-block.ts';

const alice = fakeIdentity(1, 'Alice');
const bob = fakeIdentity(2, 'Bob');
const carol = fakeIdentity(3);

const codeOfThrown = (act: () => unknown): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    return codeOf(error);
  }
};

/** The document with another value in place of one of its. */
function changed(document: Uint8Array, key: string, value: Encodable | undefined): Uint8Array {
  const entries = [...(decodeDict(document)?.entries() ?? [])].map(([name, old]) => [
    new TextDecoder().decode(name),
    old,
  ]);
  return encode({ ...Object.fromEntries(entries), [key]: value });
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
};

test('an identity is read again as it was signed, with the same fingerprint', () => {
  const decoded = decodeIdentity(nodePrimitives, alice.identity.encoded);
  assert.deepEqual(decoded, alice.identity);
  assert.equal(decoded.name, 'Alice');
  assert.equal(carol.identity.name, null);
  assert.notEqual(decoded.fingerprint, bob.identity.fingerprint);
});

test('whatever bit of an identity is flipped, it is refused', () => {
  const { encoded } = alice.identity;
  for (let at = 0; at < encoded.length; at += 7) {
    const code = codeOfThrown(() => decodeIdentity(nodePrimitives, flipped(encoded, at)));
    assert.match(code ?? `none at ${at}`, /^IDENTITY_(INVALID|FORGED|VERSION)$/);
  }
});

test('an identity with one half of its signature, or with the keys of another, is a forgery', () => {
  const { encoded } = alice.identity;
  const signature = decodeDict(encoded)?.bytes('signature') as Uint8Array;
  const other = decodeDict(bob.identity.encoded)?.bytes('signature') as Uint8Array;
  const halves = [
    concat([signature.subarray(0, 3309), other.subarray(3309)]),
    concat([other.subarray(0, 3309), signature.subarray(3309)]),
    other,
    new Uint8Array(3373),
  ];
  for (const half of halves) {
    const forged = changed(encoded, 'signature', half);
    assert.equal(
      codeOfThrown(() => decodeIdentity(nodePrimitives, forged)),
      'IDENTITY_FORGED',
    );
  }
  const renamed = changed(encoded, 'name', 'Mallory');
  const rekeyed = changed(encoded, 'encryption', bob.identity.encryption);
  for (const forged of [renamed, rekeyed]) {
    assert.equal(
      codeOfThrown(() => decodeIdentity(nodePrimitives, forged)),
      'IDENTITY_FORGED',
    );
  }
});

const invalid: readonly [title: string, document: Uint8Array, code: string][] = [
  ['an unknown key', changed(alice.identity.encoded, 'extra', 1), 'IDENTITY_INVALID'],
  ['no signature', changed(alice.identity.encoded, 'signature', undefined), 'IDENTITY_INVALID'],
  ['a date before 1970', changed(alice.identity.encoded, 'created', -1), 'IDENTITY_INVALID'],
  ['a name with a line end', changed(alice.identity.encoded, 'name', 'Al\nice'), 'IDENTITY_INVALID'],
  [
    'a name of bytes that are no text',
    changed(alice.identity.encoded, 'name', Uint8Array.of(0xff)),
    'IDENTITY_INVALID',
  ],
  [
    'an RSA key without its ML-KEM key',
    changed(alice.identity.encoded, 'rsa', new Uint8Array(550)),
    'IDENTITY_INVALID',
  ],
  ['another version', changed(alice.identity.encoded, 'type', 'dst-torrent.org/v2/identity'), 'IDENTITY_VERSION'],
  ['another type', changed(alice.identity.encoded, 'type', 'dst-torrent.org/v1/rotation'), 'IDENTITY_INVALID'],
  ['something behind it', concat([alice.identity.encoded, utf8('e')]), 'IDENTITY_INVALID'],
  ['nothing', new Uint8Array(0), 'IDENTITY_INVALID'],
];
for (const [title, document, code] of invalid) {
  test(`an identity with ${title} is refused: ${code}`, () => {
    assert.equal(
      codeOfThrown(() => decodeIdentity(nodePrimitives, document)),
      code,
    );
  });
}

test('a name is text that can be shown as it is', () => {
  for (const name of ['A', 'Zoë <zoe@example.org>', '名前', 'x'.repeat(128)]) assert.ok(isIdentityName(name), name);
  for (const name of ['', ' A', 'A ', 'a\u202eb', '\u001b[31m', 'x'.repeat(129), 'é'.repeat(65), '\ud800']) {
    assert.ok(!isIdentityName(name), name);
  }
  const identity = { name: '', created: 1, keys: alice.identity };
  assert.throws(() => signIdentity(nodePrimitives, identity, alice.signer), RangeError);
});

test('a private identity is read again, and its seeds must make its public keys', () => {
  const encoded = encodePrivateIdentity(alice);
  const { identity, secrets } = decodePrivateIdentity(nodePrimitives, encoded);
  assert.deepEqual([identity, secrets], [alice.identity, alice.secrets]);
  const withAge = { ...alice, secrets: { ...alice.secrets, age: new Uint8Array(32).fill(9) } };
  assert.deepEqual(decodePrivateIdentity(nodePrimitives, encodePrivateIdentity(withAge)).secrets, withAge.secrets);
  for (const [key, value] of [
    ['signing', bob.secrets.signing],
    ['encryption', bob.secrets.encryption],
    ['identity', bob.identity.encoded],
    ['identity', undefined],
    ['kem', new Uint8Array(64)],
    ['age', new Uint8Array(31)],
    ['extra', 1],
  ] as const) {
    const code = codeOfThrown(() => decodePrivateIdentity(nodePrimitives, changed(encoded, key, value)));
    assert.equal(code, 'IDENTITY_INVALID', key);
  }
});

test('the seeds of a private identity that is refused are overwritten', () => {
  const encoded = encodePrivateIdentity({ ...alice, identity: bob.identity });
  const seeds: Uint8Array[] = [];
  const { mlDsa65 } = nodePrimitives;
  const watched = {
    ...nodePrimitives,
    mlDsa65: {
      ...mlDsa65,
      publicKeyOf: (seed: Uint8Array) => {
        assert.ok(seed.some((byte) => byte !== 0));
        seeds.push(seed);
        return mlDsa65.publicKeyOf(seed);
      },
    },
  };
  assert.equal(
    codeOfThrown(() => decodePrivateIdentity(watched, encoded)),
    'IDENTITY_INVALID',
  );
  assert.equal(seeds.length, 1);
  for (const seed of seeds) assert.ok(!seed.some((byte) => byte !== 0));
});

test('no secret is in the error of a private identity that is damaged', () => {
  const seed = new Uint8Array(64).fill(0x53); // S
  const encoded = changed(encodePrivateIdentity(alice), 'signing', seed);
  assert.throws(
    () => decodePrivateIdentity(nodePrimitives, encoded),
    (error: Error & { details: object }) =>
      !/S{8}|5353|83,83/.test(`${error.message}${JSON.stringify(error.details)}${String(error.cause)}`),
  );
});

test('a fingerprint is eight groups of four letters, and is read whatever way people write it', () => {
  const { fingerprint } = alice.identity;
  assert.match(fingerprint, /^[A-Z2-7]{4}(-[A-Z2-7]{4}){7}$/);
  const letters = fingerprint.replaceAll('-', '');
  for (const text of [
    fingerprint,
    letters,
    letters.toLowerCase(),
    fingerprint.replaceAll('-', ' '),
    ` ${fingerprint}\n`,
  ]) {
    assert.equal(parseFingerprint(text), fingerprint);
  }
});

test('a short fingerprint, or one with a wrong letter, is none', () => {
  const { fingerprint } = alice.identity;
  for (const text of [
    fingerprint.slice(0, -1),
    fingerprint.slice(0, 19),
    `${fingerprint}A`,
    `0${fingerprint.slice(1)}`,
    '',
  ]) {
    assert.equal(parseFingerprint(text), null, text);
  }
});

test('fingerprints of different kinds of keys differ although the bytes are the same', () => {
  const key = new Uint8Array(32);
  const types = ['identity', 'rsa4096', 'x25519', 'mlkem768x25519'] as const;
  assert.equal(new Set(types.map((type) => fingerprintOf(nodePrimitives, type, key))).size, types.length);
});

const rotationOf = (from: typeof alice, to: typeof alice, created = 1_800_000_000): ReturnType<typeof signRotation> =>
  signRotation(nodePrimitives, { created, from: from.identity, to: to.identity }, { from: from.signer, to: to.signer });

test('a rotation is signed by both keys and read again', () => {
  const rotation = rotationOf(alice, bob);
  assert.deepEqual(decodeRotation(nodePrimitives, rotation.encoded), rotation);
});

test('a rotation that one of the keys has not signed is refused', () => {
  const identities = { created: 1, from: alice.identity, to: bob.identity };
  const thief = signRotation(nodePrimitives, identities, { from: bob.signer, to: bob.signer });
  const unasked = signRotation(nodePrimitives, identities, { from: alice.signer, to: alice.signer });
  for (const { encoded } of [thief, unasked]) {
    assert.equal(
      codeOfThrown(() => decodeRotation(nodePrimitives, encoded)),
      'IDENTITY_ROTATION',
    );
  }
  const { encoded } = rotationOf(alice, bob);
  const swapped = changed(encoded, 'to', carol.identity.encoded);
  assert.equal(
    codeOfThrown(() => decodeRotation(nodePrimitives, swapped)),
    'IDENTITY_ROTATION',
  );
  assert.equal(
    codeOfThrown(() => decodeRotation(nodePrimitives, changed(encoded, 'created', 2))),
    'IDENTITY_ROTATION',
  );
  assert.equal(
    codeOfThrown(() => decodeRotation(nodePrimitives, rotationOf(alice, alice).encoded)),
    'IDENTITY_INVALID',
  );
});

test('rotations are followed from a pinned fingerprint, in whatever order they are', () => {
  const [a, b, c] = [alice, bob, carol].map(({ identity }) => identity.fingerprint) as [string, string, string];
  const chain = [rotationOf(bob, carol), rotationOf(alice, bob)];
  assert.deepEqual(followRotations(a, chain), [a, b, c]);
  assert.deepEqual(followRotations(b, chain), [b, c]);
  assert.deepEqual(followRotations(c, chain), [c]);
  assert.deepEqual(followRotations(a, []), [a]);
});

test('two rotations from one key to different ones, or in a circle, are not followed', () => {
  const a = alice.identity.fingerprint;
  const fork = [rotationOf(alice, bob), rotationOf(alice, carol)];
  const circle = [rotationOf(alice, bob), rotationOf(bob, alice)];
  for (const rotations of [fork, circle]) {
    assert.equal(
      codeOfThrown(() => followRotations(a, rotations)),
      'IDENTITY_FORK',
    );
  }
  const twice = [rotationOf(alice, bob, 1), rotationOf(alice, bob, 2)];
  assert.equal(followRotations(a, twice).at(-1), bob.identity.fingerprint);
});

const file = { digest: new Uint8Array(64).fill(4), length: 12, name: 'a file.iso' };
const signature = { file, created: 1_800_000_000, identity: alice.identity };

test('a signature tells who signed what, and fits that file alone, whatever its name is now', () => {
  const decoded = decodeSignature(nodePrimitives, signFile(nodePrimitives, signature, alice.signer));
  assert.deepEqual(decoded, signature);
  checkSignedFile(decoded, { digest: file.digest, length: 12 });
  for (const other of [
    { digest: new Uint8Array(64), length: 12 },
    { digest: file.digest, length: 13 },
  ]) {
    assert.equal(
      codeOfThrown(() => checkSignedFile(decoded, other)),
      'SIGNATURE_MISMATCH',
    );
  }
});

test('a signature that was altered, or made by another key than it names, is a forgery', () => {
  const encoded = signFile(nodePrimitives, signature, alice.signer);
  const forgeries = [
    signFile(nodePrimitives, signature, bob.signer),
    changed(encoded, 'identity', bob.identity.encoded),
    changed(encoded, 'digest', new Uint8Array(64)),
    changed(encoded, 'name', 'another.iso'),
    changed(encoded, 'name', undefined),
    changed(encoded, 'created', 1),
  ];
  for (const forged of forgeries) {
    assert.equal(
      codeOfThrown(() => decodeSignature(nodePrimitives, forged)),
      'SIGNATURE_FORGED',
    );
  }
  for (const [key, value] of [
    ['length', -1],
    ['name', 'a\u001b[2J'],
    ['digest', new Uint8Array(32)],
  ] as const) {
    assert.equal(
      codeOfThrown(() => decodeSignature(nodePrimitives, changed(encoded, key, value))),
      'IDENTITY_INVALID',
    );
  }
});

test('what was signed for another purpose is no signature here', () => {
  const confused = {
    ...alice.signer,
    sign: (_: string, digest: Uint8Array) => alice.signer.sign('dst-torrent.org/v1/rotation', digest),
  };
  const encoded = signFile(nodePrimitives, signature, confused);
  assert.equal(
    codeOfThrown(() => decodeSignature(nodePrimitives, encoded)),
    'SIGNATURE_FORGED',
  );
});

test('text blocks are read again, several in one text, with blanks and CRLF around', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 3 }), (all) => {
      const text = all.map((bytes) => encodeTextBlock('DST ROTATION', bytes)).join('\n \n');
      const expected = all.map((bytes) => ({ label: 'DST ROTATION', bytes }));
      assert.deepEqual(decodeTextBlocks(utf8(text)), expected);
      assert.deepEqual(decodeTextBlocks(utf8(`\n${text.replaceAll('\n', '\r\n')}\n`)), expected);
    }),
  );
});

const whole = encodeTextBlock('DST IDENTITY', new Uint8Array(100).fill(7));
const texts: readonly [title: string, text: string][] = [
  ['nothing in it', ''],
  ['words before it', `hello\n${whole}`],
  ['words behind it', `${whole}hello\n`],
  ['no end', whole.slice(0, whole.indexOf('-----END'))],
  ['the end of another', whole.replace('END DST IDENTITY', 'END DST ROTATION')],
  ['an empty body', '-----BEGIN DST IDENTITY-----\n-----END DST IDENTITY-----\n'],
  ['a line that is too short', whole.replace(/^(.{63})(.)$/m, '$1\n$2')],
  ['lines that are joined', whole.replace(/\n(?=[^-])/g, (end, at: number) => (at > 70 ? '' : end))],
  ['a blank in a line', whole.replace(/^(.{32})./m, '$1 ')],
  ['padding that is not whole', whole.replace(/=+\n/, '\n')],
  ['bits behind its end', whole.replace(/.(=+)\n/, 'x$1\n')],
];
for (const [title, text] of texts) {
  test(`a text with ${title} is refused`, () => {
    assert.equal(
      codeOfThrown(() => decodeTextBlocks(utf8(text))),
      'IDENTITY_TEXT',
    );
  });
}

test('a text that is too long is refused', () => {
  assert.equal(
    codeOfThrown(() => decodeTextBlocks(new Uint8Array(1024 * 1024 + 1).fill(10))),
    'IDENTITY_TEXT',
  );
});

test('garbage throws nothing but the documented codes', () => {
  const decoders = [decodeIdentity, decodePrivateIdentity, decodeRotation, decodeSignature];
  const documents = [
    alice.identity.encoded,
    encodePrivateIdentity(alice),
    rotationOf(alice, bob).encoded,
    signFile(nodePrimitives, signature, alice.signer),
  ];
  const mangled = fc
    .tuple(
      fc.constantFrom(...documents),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.nat(),
    )
    .map(([document, changes, cut]) => {
      const copy = document.slice(0, cut % 3 === 0 ? cut % document.length : undefined);
      for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte;
      return copy;
    });
  fc.assert(
    fc.property(
      fc.oneof(mangled, fc.uint8Array({ maxLength: 500 })),
      fc.constantFrom(...decoders),
      (bytes, decoder) => {
        const code = codeOfThrown(() => decoder(nodePrimitives, bytes));
        assert.ok(code === null || /^(IDENTITY|SIGNATURE)_/.test(code), String(code));
      },
    ),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...whole.split('\n'))), { maxLength: 8 }), (lines) => {
      const code = codeOfThrown(() => decodeTextBlocks(utf8(lines.join('\n'))));
      assert.ok(code === null || code === 'IDENTITY_TEXT', String(code));
    }),
    { numRuns: 500 },
  );
});
