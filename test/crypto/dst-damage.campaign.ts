/**
 * One bit of a `.dst` is another: the file is refused with an error of its own kind, and what was given out before is
 * what the author sealed. Every bit of a header with four recipients, and random bits of the content.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '../../src/base/bytes.ts';
import { DstError } from '../../src/base/errors.ts';
import { seededRandom } from '../../src/base/random.ts';
import { DstOpener, hybridIdentity, hybridRecipient, rsaHybridRecipient, sealDst } from '../../src/codec/dst/index.ts';
import { parseHeader } from '../../src/codec/sealed/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { nodeRsa } from '../../src/crypto/native/rsa.ts';
import { xWingPublicKeyOf } from '../../src/crypto/x-wing.ts';
import { campaignSize } from '../campaign.ts';

const HEADER_STEP = campaignSize(101, 1);
const PAYLOAD_FLIPS = campaignSize(100, 2000);

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const random = seededRandom(seed);
const seeds = Array.from({ length: 3 }, () => random.bytes(32));
const content = random.bytes(100_000);

const rsaKeys = await nodeRsa.generate();
const kem = nodePrimitives.mlKem768.publicKeyOf(random.bytes(64));
const recipients = [
  rsaHybridRecipient(nodePrimitives, nodeRsa, random, { rsa: rsaKeys.publicKey, kem }),
  ...seeds.map((one) => hybridRecipient(nodePrimitives, random, xWingPublicKeyOf(nodePrimitives, one))),
];
const sealing = { kind: 'file', name: null, created: null, recipients, signer: null } as const;
const file = await sealDst(nodePrimitives, random, sealing, content);
const headerLength = parseHeader(file, { family: 'dst-torrent.org', version: 'v1' }).length;
const identity = hybridIdentity(nodePrimitives, seeds[2] as Uint8Array);

/** Opens the file with one bit changed; the content that was given out, and the error. */
async function openFlipped(bit: number): Promise<{ released: Uint8Array; error: unknown }> {
  const flipped = file.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
  const released: Uint8Array[] = [];
  try {
    const opener = await DstOpener.begin(nodePrimitives, flipped, [identity]);
    for (let at = opener.payloadAt; at < flipped.length; at += 5000) {
      released.push(opener.push(flipped.subarray(at, at + 5000)));
    }
    released.push(opener.finish().content);
    return { released: concat(released), error: null };
  } catch (error) {
    return { released: concat(released), error };
  }
}

async function check(bit: number): Promise<string> {
  const { released, error } = await openFlipped(bit);
  const where = `seed ${seed}, bit ${bit}`;
  assert.ok(error instanceof DstError, `${where}: ${String(error)}`);
  assert.deepEqual(released, content.subarray(0, released.length), where);
  return error.code;
}

test('every changed bit of a header with four recipients is refused', async () => {
  const codes = new Set<string>();
  for (let bit = random.below(HEADER_STEP); bit < 8 * headerLength; bit += HEADER_STEP) codes.add(await check(bit));
  const known = [
    'SEALED_FORGED',
    'SEALED_FORMAT',
    'SEALED_HEADER',
    'SEALED_NO_KEY',
    'SEALED_TRUNCATED',
    'SEALED_VERSION',
  ];
  for (const code of codes) assert.ok(known.includes(code), code);
});

test('every changed bit of the content is refused before its chunk is given out', async () => {
  for (let i = 0; i < PAYLOAD_FLIPS; i++) {
    const bit = 8 * headerLength + random.below(8 * (file.length - headerLength));
    assert.equal(await check(bit), 'SEALED_DAMAGED', `seed ${seed}, bit ${bit}`);
  }
});
