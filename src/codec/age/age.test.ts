/** Files of age that were made here, opened here; other programs are in test/interop, the test kit in cctv-age.test.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { fromBase64, type Identity, parseHeader, type Recipient, toBase64 } from '../sealed/index.ts';
import { encodeArmor } from './armor.ts';
import { CHUNK, SEALED_CHUNK, TAG } from './chunks.ts';
import { type AgeKeyKind, agePublicKeyOf } from './keys.ts';
import { AgeOpener, openAge } from './open.ts';
import { ageIdentity, agePassphraseIdentity, agePassphraseRecipient, ageRecipient } from './recipients.ts';
import { AGE_VERSION, AgeSealer, sealAge } from './seal.ts';

/** A cheap one, for tests. */
const WORK_FACTOR = 4;
const random = seededRandom(4);

interface Owner {
  readonly recipient: Recipient;
  readonly identity: Identity;
}

function keyOwner(kind: AgeKeyKind): Owner {
  const key = { kind, secret: random.bytes(32) };
  const publicKey = agePublicKeyOf(nodePrimitives, key);
  return { recipient: ageRecipient(nodePrimitives, random, publicKey), identity: ageIdentity(nodePrimitives, key) };
}

const passphraseOwner = (passphrase: string): Owner => ({
  recipient: agePassphraseRecipient(nodePrimitives, random, passphrase, WORK_FACTOR),
  identity: agePassphraseIdentity(nodePrimitives, passphrase),
});

const classical = keyOwner('x25519');
const hybrid = keyOwner('hybrid');
const passphrase = passphraseOwner('Käse and крем');

const seal = (content: Uint8Array, ...owners: readonly Owner[]): Promise<Uint8Array> =>
  sealAge(
    nodePrimitives,
    random,
    owners.map(({ recipient }) => recipient),
    content,
  );
const open = (file: Uint8Array, ...owners: readonly Owner[]): Promise<Uint8Array> =>
  openAge(
    nodePrimitives,
    file,
    owners.map(({ identity }) => identity),
  );
const payloadAtOf = async (file: Uint8Array): Promise<number> =>
  (await AgeOpener.begin(nodePrimitives, file, [classical.identity])).payloadAt;

const sizes = [0, 1, 16_383, 16_384, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1, 300_000];

describe('round trip', () => {
  for (const [title, owner] of Object.entries({ classical, hybrid, passphrase })) {
    test(`${title}: content of each size comes back, armored too`, async () => {
      for (const size of sizes) {
        const content = random.bytes(size);
        const file = await seal(content, owner);
        assert.deepEqual(await open(file, owner), content);
        assert.deepEqual(await open(encodeArmor(file), owner), content);
      }
    });
  }

  test('each of several recipients opens it, with a key among others', async () => {
    const other = keyOwner('x25519');
    const file = await seal(utf8('for both'), classical, other);
    assert.deepEqual(await open(file, hybrid, other), utf8('for both'));
    assert.deepEqual(await open(file, classical), utf8('for both'));
  });

  test('one of several passphrases opens it', async () => {
    const file = await seal(utf8('hush'), passphrase);
    assert.deepEqual(await open(file, passphraseOwner('wrong'), classical, passphrase), utf8('hush'));
  });

  test('the payload has as many bytes as the specification says', async () => {
    for (const size of sizes) {
      const file = await seal(new Uint8Array(size), classical);
      const chunks = Math.max(1, Math.ceil(size / CHUNK));
      assert.equal(file.length - (await payloadAtOf(file)), size + chunks * TAG);
    }
  });

  test('in pieces of any length the content and the file come out the same, and one chunk at the most is kept', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 3 * CHUNK }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(lengths, async (pieces) => {
        const sealer = await AgeSealer.begin(nodePrimitives, random, [classical.recipient]);
        const contents = pieces.map((length) => random.bytes(length));
        const parts = [sealer.start];
        let pending = 0;
        for (const content of contents) {
          const sealed = sealer.push(content);
          pending += content.length - CHUNK * Math.floor(sealed.length / SEALED_CHUNK);
          assert.ok(pending <= CHUNK);
          parts.push(sealed);
        }
        const file = concat([...parts, sealer.finish()]);
        assert.deepEqual(await open(file, classical), concat(contents));

        const opener = await AgeOpener.begin(nodePrimitives, file, [classical.identity]);
        const opened: Uint8Array[] = [];
        for (let at = opener.payloadAt, piece = 0; at < file.length; piece++) {
          const length = pieces[piece % pieces.length] as number;
          opened.push(opener.push(file.subarray(at, at + length)));
          at = Math.min(at + length, file.length);
          assert.equal(concat(opened).length, CHUNK * Math.floor((at - opener.payloadAt) / SEALED_CHUNK));
        }
        assert.deepEqual(concat([...opened, opener.finish()]), concat(contents));
      }),
      { numRuns: 30 },
    );
  });
});

describe('who may not', () => {
  test('another key finds no stanza of its own', async () => {
    const file = await seal(utf8('not yours'), classical);
    await assert.rejects(open(file, keyOwner('x25519'), hybrid, passphrase), {
      code: 'SEALED_NO_KEY',
      details: { recipients: ['X25519'] },
    });
  });

  test('a wrong passphrase is called so', async () => {
    const file = await seal(utf8('hush'), passphrase);
    await assert.rejects(open(file, passphraseOwner('wrong'), classical), { code: 'SEALED_PASSPHRASE' });
    await assert.rejects(open(file, classical), { code: 'SEALED_NO_KEY' });
  });

  const unfit: readonly [title: string, owners: readonly Owner[], message: RegExp][] = [
    ['no recipient', [], /no recipient/],
    ['a classical beside a hybrid recipient', [classical, hybrid], /different strength/],
    ['a passphrase beside a recipient', [passphrase, classical], /different strength/],
    ['two passphrases', [passphrase, passphrase], /only recipient/],
    ['an empty passphrase', [passphraseOwner('')], /empty/],
    ['more recipients than a header may have', Array.from({ length: 1025 }, () => classical), /1024/],
  ];
  for (const [title, owners, message] of unfit) {
    test(`a file is not sealed for ${title}`, async () => {
      await assert.rejects(seal(utf8('x'), ...owners), { code: 'SEALED_RECIPIENT', message });
    });
  }

  test('a file is not sealed for a key that is none', async () => {
    for (const publicKey of [
      { kind: 'x25519', publicKey: new Uint8Array(32) },
      { kind: 'hybrid', publicKey: new Uint8Array(1216).fill(255) },
    ] as const) {
      const recipient = ageRecipient(nodePrimitives, random, publicKey);
      await assert.rejects(sealAge(nodePrimitives, random, [recipient], utf8('x')), { code: 'SEALED_RECIPIENT' });
    }
  });

  test('a work factor that is too high is refused before anything is derived', async () => {
    const file = await seal(utf8('hush'), passphrase);
    const primitives = { ...nodePrimitives, scrypt: () => assert.fail('it was derived') };
    const from = utf8(` ${WORK_FACTOR}\n`);
    const at = Buffer.from(file).indexOf(from);
    for (const workFactor of ['21', '63', '9223372036854775808', '9'.repeat(5000)]) {
      const hostile = concat([file.subarray(0, at), utf8(` ${workFactor}\n`), file.subarray(at + from.length)]);
      const identity = agePassphraseIdentity(primitives, 'x');
      await assert.rejects(openAge(primitives, hostile, [identity]), { code: 'SEALED_COST' });
    }
    const careful = agePassphraseIdentity(primitives, 'x', WORK_FACTOR - 1);
    await assert.rejects(openAge(primitives, file, [careful]), { code: 'SEALED_COST' });
  });
});

describe('what was altered', () => {
  const content = random.bytes(2 * CHUNK + 100);

  test('each bit of the header is protected', async () => {
    const file = await seal(utf8('short'), classical);
    const payloadAt = await payloadAtOf(file);
    for (let bit = 0; bit < payloadAt * 8; bit++) {
      const altered = Uint8Array.from(file);
      altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7));
      await assert.rejects(open(altered, classical), { code: /^SEALED_/ }, `bit ${bit}`);
    }
  });

  test('of a chunk that was altered nothing comes out, but all before it', async () => {
    const file = await seal(content, classical);
    const payloadAt = await payloadAtOf(file);
    for (let chunk = 0; chunk < 3; chunk++) {
      const altered = Uint8Array.from(file);
      const place = payloadAt + chunk * SEALED_CHUNK + random.below(100);
      altered[place] = (altered[place] as number) ^ (1 << random.below(8));
      const opener = await AgeOpener.begin(nodePrimitives, altered, [classical.identity]);
      const chunks = [0, 1, 2].map((i) => altered.subarray(payloadAt + i * SEALED_CHUNK).subarray(0, SEALED_CHUNK));
      for (let i = 0; i < chunk; i++) {
        assert.deepEqual(opener.push(chunks[i] as Uint8Array), content.subarray(i * CHUNK, (i + 1) * CHUNK));
      }
      const rest = (): Uint8Array => concat([opener.push(chunks[chunk] as Uint8Array), opener.finish()]);
      assert.throws(rest, { code: 'SEALED_DAMAGED', details: { chunk } });
    }
  });

  test('a file that failed gives nothing any more, whatever comes; nor one that has ended', async () => {
    const file = await seal(content.subarray(0, CHUNK), classical);
    const opener = await AgeOpener.begin(nodePrimitives, file, [classical.identity]);
    const sealed = file.subarray(opener.payloadAt);
    const altered = sealed.with(sealed.length - 1, (sealed.at(-1) as number) ^ 1);
    const refusal = { code: 'SEALED_DAMAGED' };
    assert.throws(() => opener.push(altered), refusal);
    for (const next of [sealed, sealed.subarray(0, 1), new Uint8Array(0)]) {
      assert.throws(() => opener.push(next), refusal);
    }
    assert.throws(() => opener.finish(), refusal);
    const whole = await AgeOpener.begin(nodePrimitives, file, [classical.identity]);
    whole.push(sealed);
    whole.finish();
    assert.throws(() => whole.push(sealed), /closed/);
    assert.throws(() => whole.finish(), /closed/);
  });

  test('a file that ends early is refused wherever it ends', async () => {
    const file = await seal(content, classical);
    const payloadAt = await payloadAtOf(file);
    const edges = [0, 1, 2].map((chunk) => payloadAt + chunk * SEALED_CHUNK);
    const ends = edges.flatMap((edge) => [-17, -16, -1, 0, 1, 15, 16, 17, 100].map((by) => edge + by));
    for (const end of [...ends.filter((at) => at < file.length), file.length - 1]) {
      const failure = open(file.subarray(0, end), classical);
      await assert.rejects(failure, { code: /^SEALED_(TRUNCATED|DAMAGED)$/ }, `at ${end}`);
    }
  });

  test('chunks that were swapped, doubled or left out are refused', async () => {
    const file = await seal(content, classical);
    const payloadAt = await payloadAtOf(file);
    const [first, second, last] = [0, 1, 2].map((chunk) =>
      file.subarray(payloadAt + chunk * SEALED_CHUNK).subarray(0, SEALED_CHUNK),
    ) as [Uint8Array, Uint8Array, Uint8Array];
    for (const chunks of [
      [second, first, last],
      [first, first, second, last],
      [second, last],
      [first, last],
      [first, second, last, last],
      [last],
    ]) {
      const altered = concat([file.subarray(0, payloadAt), ...chunks]);
      await assert.rejects(open(altered, classical), { code: 'SEALED_DAMAGED' });
    }
  });

  test('a stanza that was added is noticed', async () => {
    const file = await seal(utf8('x'), classical);
    const { length } = parseHeader(file, AGE_VERSION);
    const text = Buffer.from(file.subarray(0, length)).toString('latin1');
    const grease = `-> grease\n${toBase64(fromBase64('AAAA') as Uint8Array)}\n---`;
    const altered = concat([utf8(text.replace('---', grease)), file.subarray(length)]);
    await assert.rejects(open(altered, classical), { code: 'SEALED_FORGED' });
  });
});

test('garbage throws nothing but SEALED_*', async () => {
  const owners = [classical, hybrid, passphrase];
  const files = await Promise.all(owners.map((owner) => seal(utf8('content'), owner)));
  const texts = files.map((file) => encodeArmor(file));
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.string().map((text) => utf8(`age-encryption.org/v1\n${text}`)),
    fc.string().map((text) => utf8(`age-encryption.org/v1\n-> X25519 ${text}\n${text}\n--- ${text}\n`)),
    fc
      .tuple(fc.constantFrom(...files, ...texts), fc.nat(), fc.uint8Array({ maxLength: 6 }), fc.nat({ max: 6 }))
      .map(([file, at, put, out]) => {
        const place = at % file.length;
        return concat([file.subarray(0, place), put, file.subarray(place + out)]);
      }),
  );
  await fc.assert(
    fc.asyncProperty(garbage, async (file) => {
      try {
        assert.deepEqual(await open(file, ...owners), utf8('content'));
      } catch (error) {
        assert.match(codeOf(error) ?? String(error), /^SEALED_/);
      }
    }),
    { numRuns: 2000 },
  );
});
