/** docs/spec/peer-noise.md: its example, its lengths and its codes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { concat, toHex, utf8 } from '../../src/base/bytes.ts';
import type { Random } from '../../src/base/random.ts';
import { claimDigest } from '../../src/codec/identity/index.ts';
import { NoiseHandshake, type NoisePattern } from '../../src/crypto/noise/handshake.ts';
import { noblePrimitives } from '../../src/crypto/portable/noble-primitives.ts';
import { netErrors } from '../../src/net/errors.ts';
import { framed } from '../../src/net/noise/frames.ts';
import { makeOpening } from '../../src/net/noise/opening.ts';
import { withRandomness } from '../crypto/fixed-randomness.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/spec/peer-noise.md'), 'utf8');

const table = (name: string): Map<string, string> => {
  const [, body = ''] = new RegExp(`^\`\`\`${name}\\n(.*?)^\`\`\`$`, 'ms').exec(text) ?? [];
  return new Map(
    body
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/) as [string, string]),
  );
};

const given = table('given');
const bytes = (name: string, length: number): Uint8Array =>
  new Uint8Array(length).fill(Number.parseInt(given.get(name) ?? '', 16));

/** Gives fixed bytes, in the order in which they are asked for. */
const drawing = (...values: readonly Uint8Array[]): Random => {
  const left = [...values];
  return { bytes: () => (left.shift() as Uint8Array).slice() } as unknown as Random;
};

const [infoHash, psk] = [bytes('info hash', 20), bytes('psk', 32)];

function sides(pattern: NoisePattern): readonly [NoiseHandshake, NoiseHandshake] {
  const prologue = concat([utf8('dst-torrent.org/v1/peer'), infoHash]);
  const common = { pattern, cipher: 'AESGCM', prologue, ...(pattern.endsWith('psk3') && { psk }) } as const;
  const make = (name: string, ...draws: readonly Uint8Array[]): NoiseHandshake =>
    new NoiseHandshake(noblePrimitives, drawing(...draws), {
      ...common,
      isInitiator: name === 'dialler',
      staticKey: bytes(`${name} s`, 32),
    });
  return [make('dialler', bytes('dialler e', 32), bytes('dialler e1', 64)), make('listener', bytes('listener e', 32))];
}

/** The three messages. */
function converse(dialler: NoiseHandshake, listener: NoiseHandshake): readonly Uint8Array[] {
  const nothing = new Uint8Array(0);
  const say = (from: NoiseHandshake, to: NoiseHandshake): Uint8Array => {
    const message = from.write(nothing) as Uint8Array;
    assert.deepEqual(to.read(message), nothing);
    return message;
  };
  return withRandomness(bytes('m', 32), () => [say(dialler, listener), say(listener, dialler), say(dialler, listener)]);
}

test('the example is what the implementation makes of its keys', () => {
  const [dialler, listener] = sides('XXhfs+psk3');
  const messages = converse(dialler, listener);
  const transcript = dialler.transcript;
  const [ours, theirs] = [dialler.finish(), listener.finish()];
  const hash = (message: Uint8Array): string => toHex(noblePrimitives.hash('sha256', message));
  const derived = {
    opening: toHex(
      makeOpening(noblePrimitives, drawing(bytes('salt', 8)), { infoHash, secret: { psk, transport: 'required' } }),
    ),
    'first message, hash': hash(messages[0] as Uint8Array),
    'second message, hash': hash(messages[1] as Uint8Array),
    'third message': toHex(messages[2] as Uint8Array),
    'transcript hash': toHex(transcript),
    'hello of the dialler': toHex(framed(ours.send.seal(new Uint8Array(0)))),
    'frame of greeting': toHex(framed(ours.send.seal(utf8('greeting')))),
    'hello of the listener': toHex(framed(theirs.send.seal(new Uint8Array(0)))),
    'frame of welcome': toHex(framed(theirs.send.seal(utf8('welcome')))),
    'D of the dialler': toHex(claimDigest(noblePrimitives, { binding: transcript, role: 'dialler' })),
    'D of the listener': toHex(claimDigest(noblePrimitives, { binding: transcript, role: 'listener' })),
  };
  assert.deepEqual(Object.fromEntries(table('derived')), derived);
});

test('the messages are as long as the table says', () => {
  const lengths = (['XXhfs+psk3', 'XXhfs'] as const).map((pattern) => {
    const messages = converse(...sides(pattern));
    return messages.map(({ length }) => length).join(', ');
  });
  assert.ok(text.includes(`| bytes of the three messages | ${lengths.join(' | ')} |`), lengths.join(' | '));
});

test('all codes that it names are there', () => {
  const named = new Set(text.match(/NET_[A-Z_]+/g));
  assert.equal(named.size, 6);
  for (const code of named) assert.ok(code in netErrors, code);
});
