import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { concat, utf8 } from '../../base/bytes.ts';
import { systemRandom } from '../../base/random.ts';
import { nodePrimitives } from '../native/node-primitives.ts';
import { type NoiseCipherName, NoiseHandshake, type NoiseOptions, type NoisePattern } from './handshake.ts';

const patterns: readonly NoisePattern[] = ['XX', 'XXpsk3', 'XXhfs', 'XXhfs+psk3'];
const ciphers: readonly NoiseCipherName[] = ['AESGCM', 'ChaChaPoly'];
const psk = new Uint8Array(32).fill(7);

type Side = Partial<NoiseOptions>;

function pair(
  pattern: NoisePattern,
  initiator: Side = {},
  responder: Side = {},
): readonly [NoiseHandshake, NoiseHandshake] {
  const common = {
    pattern,
    cipher: 'AESGCM',
    prologue: utf8('swarm'),
    ...(pattern.endsWith('psk3') && { psk }),
  } as const;
  const make = (isInitiator: boolean, own: Side): NoiseHandshake =>
    new NoiseHandshake(nodePrimitives, systemRandom, {
      ...common,
      isInitiator,
      staticKey: systemRandom.bytes(32),
      ...own,
    });
  return [make(true, initiator), make(false, responder)];
}

const write = (side: NoiseHandshake, payload: Uint8Array = new Uint8Array(0)): Uint8Array => {
  const message = side.write(payload);
  assert.ok(message !== null);
  return message;
};

/** Which message, of three, was refused; 0 when none was. */
function refusedMessage(
  a: NoiseHandshake,
  b: NoiseHandshake,
  change: (message: Uint8Array, turn: number) => Uint8Array,
): number {
  for (let turn = 1; turn <= 3; turn++) {
    const [from, to] = turn === 2 ? [b, a] : [a, b];
    if (to.read(change(write(from), turn)) === null) return turn;
  }
  return 0;
}

describe('a Noise handshake', () => {
  for (const pattern of patterns) {
    for (const cipher of ciphers) {
      it(`${pattern} with ${cipher} gives both sides the same keys, payloads and static keys`, () => {
        const [a, b] = pair(pattern, { cipher }, { cipher });
        assert.deepEqual(b.read(write(a, utf8('one'))), utf8('one'));
        assert.deepEqual(a.read(write(b, utf8('two'))), utf8('two'));
        assert.deepEqual(b.read(write(a, utf8('three'))), utf8('three'));
        assert.ok(a.isDone && b.isDone);
        assert.deepEqual(a.transcript, b.transcript);
        const [ours, theirs] = [a.finish(), b.finish()];
        for (const text of ['a', 'b', 'c']) {
          assert.deepEqual(theirs.receive.open(ours.send.seal(utf8(text))), utf8(text));
          assert.deepEqual(ours.receive.open(theirs.send.seal(utf8(text))), utf8(text));
        }
      });
    }
  }

  it('fails at the first sealed message when the prologues differ', () => {
    const [a, b] = pair('XXhfs', { prologue: utf8('one') }, { prologue: utf8('two') });
    assert.equal(
      refusedMessage(a, b, (message) => message),
      2,
    );
  });

  it('fails at the end when the pre-shared keys differ', () => {
    const [a, b] = pair('XXhfs+psk3', {}, { psk: new Uint8Array(32) });
    assert.equal(
      refusedMessage(a, b, (message) => message),
      3,
    );
  });

  it('notices every changed bit and every cut of each message, at that message or at the next', () => {
    for (const pattern of ['XXhfs', 'XXhfs+psk3'] as const) {
      for (const turn of [1, 2, 3]) {
        const [probe, answer] = pair(pattern);
        const lengths = [write(probe)];
        answer.read(lengths[0] as Uint8Array);
        for (let at = 0; at < 1248; at += 61) {
          const [a, b] = pair(pattern);
          const refused = refusedMessage(a, b, (message, now) => {
            if (now !== turn) return message;
            const changed = message.slice();
            changed[at % message.length] = (changed[at % message.length] as number) ^ (1 << (at % 8));
            return changed;
          });
          assert.ok(refused === turn || refused === turn + 1, `${pattern}: message ${turn}, byte ${at}: ${refused}`);
          const [c, d] = pair(pattern);
          const cut = refusedMessage(c, d, (message, now) =>
            now === turn ? message.subarray(0, at % message.length) : message,
          );
          assert.ok(cut === turn || cut === turn + 1, `${pattern}: message ${turn} cut at ${at}: ${cut}`);
        }
      }
    }
  });

  it('refuses keys of small order and ML-KEM keys that are none', () => {
    const [a, b] = pair('XXhfs');
    const first = write(a);
    const smallOrder = concat([new Uint8Array(32), first.subarray(32)]);
    assert.ok(b.read(smallOrder) !== null);
    assert.equal(b.write(new Uint8Array(0)), null);
    const [, c] = pair('XXhfs');
    assert.equal(c.read(concat([first.subarray(0, 32), new Uint8Array(1184).fill(0xff)])), null);
  });

  it('takes no message out of turn', () => {
    const [a, b] = pair('XXhfs');
    assert.equal(a.read(new Uint8Array(2000)), null);
    assert.throws(() => b.write(new Uint8Array(0)));
    assert.throws(() => a.finish());
  });
});
