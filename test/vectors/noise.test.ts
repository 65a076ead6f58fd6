/** Vectors of the Noise Protocol Framework for the patterns that were published: XX and XXpsk3. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { toHex } from '../../src/base/bytes.ts';
import type { Random } from '../../src/base/random.ts';
import { type NoiseCipherName, NoiseHandshake, type NoisePattern } from '../../src/crypto/noise/handshake.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';
import { hex, withPublished } from './published.ts';

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly init_psks?: readonly string[];
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const ours = /^Noise_(XX|XXpsk3)_25519_(AESGCM|ChaChaPoly)_SHA256$/;

withPublished('python-noiseprotocol', (set, name, primitives) => {
  const vectors = JSON.parse(
    readFileSync(join(set.folder, 'tests/vectors/cacophony.txt'), 'utf8'),
  ) as readonly Vector[];
  const found = vectors.filter(({ protocol_name }) => ours.test(protocol_name));
  test(`${name} primitives: there are four handshakes of cacophony for us`, () => assert.equal(found.length, 4));
  for (const vector of found) {
    test(`${name} primitives speak ${vector.protocol_name} as cacophony does`, () => speak(primitives, vector));
  }
});

function speak(primitives: Primitives, vector: Vector): void {
  const [a, b] = [makeSide(primitives, vector, true), makeSide(primitives, vector, false)];
  const [first, second, third, ...rest] = vector.messages;
  for (const [from, to, message] of [
    [a, b, first],
    [b, a, second],
    [a, b, third],
  ] as const) {
    const written = from.write(hex(message?.payload ?? ''));
    assert.equal(written && toHex(written), message?.ciphertext);
    assert.deepEqual(to.read(hex(message?.ciphertext ?? '')), hex(message?.payload ?? ''));
  }
  assert.equal(toHex(a.transcript), vector.handshake_hash);
  const [initiator, responder] = [a.finish(), b.finish()];
  for (const [i, { payload, ciphertext }] of rest.entries()) {
    const sender = i % 2 === 0 ? responder : initiator;
    assert.equal(toHex(sender.send.seal(hex(payload))), ciphertext);
  }
}

function makeSide(primitives: Primitives, vector: Vector, isInitiator: boolean): NoiseHandshake {
  const [, pattern, cipher] = ours.exec(vector.protocol_name) as unknown as [string, NoisePattern, NoiseCipherName];
  const ephemeral = hex(isInitiator ? vector.init_ephemeral : vector.resp_ephemeral);
  const random: Random = { bytes: () => ephemeral.slice(), below: () => 0 };
  const staticKey = hex(isInitiator ? vector.init_static : vector.resp_static);
  const psk = vector.init_psks?.[0];
  const options = { pattern, cipher, isInitiator, staticKey, prologue: hex(vector.init_prologue) };
  return new NoiseHandshake(primitives, random, { ...options, ...(psk !== undefined && { psk: hex(psk) }) });
}
