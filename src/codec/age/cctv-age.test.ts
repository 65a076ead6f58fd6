/** The test kit of age (github.com/C2SP/CCTV, age), as npm's cctv-age has it: what each file must come to, and no more. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import * as kit from 'cctv-age';
import { concat, toText } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { encodeStanzas, finishHeader, type Identity, parseHeader } from '../sealed/index.ts';
import { decodeArmor, encodeArmor } from './armor.ts';
import { SEALED_CHUNK } from './chunks.ts';
import { decodeAgeSecretKey } from './keys.ts';
import { AgeOpener, openAge } from './open.ts';
import { ageIdentity, agePassphraseIdentity } from './recipients.ts';
import { AGE_VERSION } from './seal.ts';

interface Vector {
  readonly expect: string;
  /** SHA-256 of what may be released. */
  readonly payload: string | null;
  readonly isArmored: boolean;
  readonly identities: readonly Identity[];
  readonly file: Uint8Array;
}

interface Outcome {
  readonly result: string;
  readonly code: string | null;
  readonly released: Uint8Array;
}

const vectors = Object.entries(kit as unknown as Record<string, unknown>).filter(
  (entry): entry is [string, Uint8Array] => entry[1] instanceof Uint8Array,
);

function parseVector(vector: Uint8Array): Vector {
  const end = Buffer.from(vector).indexOf('\n\n');
  const fields = toText(vector.subarray(0, end))
    .split('\n')
    .map((line) => line.split(': ') as [string, string]);
  const valuesOf = (key: string): string[] => fields.filter(([name]) => name === key).map(([, value]) => value);
  const file = vector.subarray(end + 2);
  return {
    expect: valuesOf('expect')[0] as string,
    payload: valuesOf('payload')[0] ?? null,
    isArmored: valuesOf('armored').length > 0,
    identities: [
      ...valuesOf('identity').map((text) => ageIdentity(nodePrimitives, decodeAgeSecretKey(text))),
      ...valuesOf('passphrase').map((text) => agePassphraseIdentity(nodePrimitives, text)),
    ],
    file: valuesOf('compressed').length > 0 ? new Uint8Array(inflateSync(file)) : file,
  };
}

const headerFailures = ['FORMAT', 'VERSION', 'HEADER', 'COST', 'TRUNCATED'];
const resultOf: Readonly<Record<'armor' | 'header' | 'payload', Readonly<Record<string, string>>>> = {
  armor: { SEALED_ARMOR: 'armor failure' },
  header: {
    ...Object.fromEntries(headerFailures.map((name) => [`SEALED_${name}`, 'header failure'])),
    SEALED_NO_KEY: 'no match',
    SEALED_PASSPHRASE: 'no match',
    SEALED_FORGED: 'HMAC failure',
  },
  payload: { SEALED_DAMAGED: 'payload failure', SEALED_TRUNCATED: 'payload failure' },
};

/** Opens a file step by step; a step may end only with the errors that are its own. */
async function open({ file, isArmored, identities }: Vector): Promise<Outcome> {
  const released: Uint8Array[] = [];
  let stage: keyof typeof resultOf = 'armor';
  try {
    const bare = isArmored ? decodeArmor(file) : file;
    stage = 'header';
    const opener = await AgeOpener.begin(nodePrimitives, bare, identities);
    stage = 'payload';
    for (let at = opener.payloadAt; at < bare.length; at += SEALED_CHUNK) {
      released.push(opener.push(bare.subarray(at, at + SEALED_CHUNK)));
    }
    released.push(opener.finish());
    return { result: 'success', code: null, released: concat(released) };
  } catch (error) {
    const code = codeOf(error);
    return { result: resultOf[stage][code ?? ''] ?? `${stage}: ${String(error)}`, code, released: concat(released) };
  }
}

test('the kit has 143 files', () => {
  const counts = Object.groupBy(vectors, ([, vector]) => parseVector(vector).expect);
  assert.deepEqual(Object.fromEntries(Object.entries(counts).map(([expect, of]) => [expect, of?.length])), {
    success: 26,
    'header failure': 62,
    'armor failure': 22,
    'payload failure': 19,
    'no match': 13,
    'HMAC failure': 1,
  });
});

for (const [name, bytes] of vectors) {
  const vector = parseVector(bytes);
  test(`${name}: ${vector.expect}`, async () => {
    const { result, code, released } = await open(vector);
    assert.equal(result, vector.expect);
    if (vector.payload !== null) assert.equal(createHash('sha256').update(released).digest('hex'), vector.payload);
    else assert.equal(released.length, 0);
    const whole = openAge(nodePrimitives, vector.file, vector.identities);
    if (code === null) assert.deepEqual(await whole, released);
    // What stands before an armored file makes it none at all to who has not been told.
    else await assert.rejects(whole, { code: name === 'armor_garbage_leading' ? 'SEALED_FORMAT' : code });
    if (result === 'armor failure') return;
    if (result !== 'header failure') {
      const bare = vector.isArmored ? decodeArmor(vector.file) : vector.file;
      const { stanzas, mac, length } = parseHeader(bare, AGE_VERSION);
      assert.deepEqual(finishHeader(encodeStanzas(AGE_VERSION, stanzas), mac), bare.slice(0, length));
    }
    if (vector.isArmored) {
      const text = toText(vector.file).trim().replaceAll('\r\n', '\n');
      assert.equal(toText(encodeArmor(decodeArmor(vector.file))), `${text}\n`);
    }
  });
}

test('a work factor of the kit is refused before anything is derived', async () => {
  const [, vector] = vectors.find(([name]) => name === 'scrypt_work_factor_23') as [string, Uint8Array];
  const { file } = parseVector(vector);
  const primitives = { ...nodePrimitives, scrypt: () => assert.fail('it was derived') };
  await assert.rejects(openAge(primitives, file, [agePassphraseIdentity(primitives, 'password')]), {
    code: 'SEALED_COST',
    details: { workFactor: 23 },
  });
});
