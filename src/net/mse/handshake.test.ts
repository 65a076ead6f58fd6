import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { keyPair, toBytes, toInteger } from '../../../test/net/seeded-keys.ts';
import { concat, equalBytes, toHex } from '../../base/bytes.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import type { KeyPair } from './dh.ts';
import { Crypto, type CryptoMethod, type Established, Handshake, initiate, respond, swarmName } from './handshake.ts';
import { Rc4 } from './rc4.ts';

const digests = nodeDigests;
const infoHash = new Uint8Array(20).fill(0xa5);
const other = new Uint8Array(20).fill(0x5a);
const greeting = new Uint8Array(68).map((_, i) => 100 + i);

/** A generator whose pads have these lengths, in turn. */
function padding(lengths: readonly number[]): Random {
  const random = seededRandom(7);
  let drawn = 0;
  return { bytes: (count) => random.bytes(count), below: () => lengths[drawn++ % lengths.length] as number };
}

/** One side with what it has sent and what it has received beyond the handshake. */
interface Party {
  readonly handshake: Handshake;
  readonly sent: Uint8Array[];
  rest: Uint8Array;
}

function party(make: (send: (bytes: Uint8Array) => void) => Handshake): Party {
  const sent: Uint8Array[] = [];
  return { handshake: make((bytes) => sent.push(bytes)), sent, rest: new Uint8Array(0) };
}

interface Choices {
  readonly keys?: KeyPair;
  readonly pads?: readonly number[];
  readonly greeting?: Uint8Array;
  readonly infoHash?: Uint8Array;
  readonly served?: readonly Uint8Array[];
  readonly methods?: readonly CryptoMethod[];
}

const dialler = (choices: Choices = {}): Party =>
  party(
    (send) =>
      new Handshake(
        initiate({
          keys: choices.keys ?? keyPair(0x1234567890abcdefn),
          random: padding(choices.pads ?? [0]),
          digests,
          send,
          infoHash: choices.infoHash ?? infoHash,
          greeting: choices.greeting ?? greeting,
        }),
      ),
  );

const listener = (choices: Choices = {}): Party =>
  party(
    (send) =>
      new Handshake(
        respond({
          keys: choices.keys ?? keyPair(0xfedcba9876543210fn),
          random: padding(choices.pads ?? [0]),
          digests,
          send,
          methods: choices.methods ?? [Crypto.rc4],
          infoHashOf: (name) =>
            (choices.served ?? [other, infoHash]).find((hash) => equalBytes(swarmName(digests, hash), name)) ?? null,
        }),
      ),
  );

/** Gives a side bytes in portions of these sizes, in turn. */
function feed(to: Party, bytes: Uint8Array, portions: readonly number[]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const portion = bytes.subarray(at, at + (portions[i % portions.length] as number));
    at += portion.length;
    const taken = to.handshake.receive(portion);
    assert.ok(taken === portion.length || to.handshake.outcome !== null, 'it left bytes and is not at its end');
    to.rest = concat([to.rest, portion.subarray(taken)]);
  }
}

/** Carries what both send to each other until nobody sends any more. */
function talk(a: Party, b: Party, portions: readonly number[] = [Number.POSITIVE_INFINITY]): void {
  for (let isQuiet = false; !isQuiet; ) {
    const [fromA, fromB] = [a.sent.splice(0), b.sent.splice(0)];
    isQuiet = fromA.length + fromB.length === 0;
    feed(b, concat(fromA), portions);
    feed(a, concat(fromB), portions);
  }
}

function established({ handshake }: Party): Established {
  const { outcome } = handshake;
  if (outcome === null || typeof outcome === 'string') throw new Error(outcome ?? 'it is not over');
  return outcome;
}

const failure = ({ handshake }: Party): string => {
  assert.equal(typeof handshake.outcome, 'string', 'it has not failed');
  return handshake.outcome as string;
};

/** What a party makes of bytes that came behind the handshake. */
function decrypted(to: Party, bytes: Uint8Array): Uint8Array {
  const { receiving, encryptedBytes } = established(to);
  const copy = bytes.slice();
  receiving.apply(copy.subarray(0, encryptedBytes));
  return copy;
}

const size = fc.integer({ min: 1, max: 700 });
const pad = fc.integer({ min: 0, max: 512 });

describe('both sides', () => {
  test('agree whatever the pads are and however the stream is cut, and neither takes a byte too many', () => {
    fc.assert(
      fc.property(
        fc.record({
          pads: fc.tuple(pad, pad, pad, pad),
          portions: fc.array(size, { minLength: 1, maxLength: 8 }),
          greeting: fc.uint8Array({ maxLength: 300 }),
          keys: fc.tuple(fc.bigInt({ min: 2n ** 100n, max: 2n ** 160n }), fc.bigInt({ min: 2n, max: 2n ** 160n })),
        }),
        ({ pads, portions, greeting: first, keys }) => {
          const a = dialler({ pads: [pads[0], pads[2]], greeting: first, keys: keyPair(keys[0]) });
          const b = listener({ pads: [pads[1], pads[3]], keys: keyPair(keys[1]) });
          talk(a, b, portions);
          assert.deepEqual(decrypted(b, b.rest), first);
          assert.equal(a.rest.length, 0);
          const message = Uint8Array.of(1, 2, 3, 4, 5);
          for (const [from, to] of [[a, b] as const, [b, a] as const]) {
            const wire = message.slice();
            established(from).sending?.apply(wire);
            assert.notDeepEqual(wire, message);
            established(to).receiving.apply(wire);
            assert.deepEqual(wire, message);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('agree byte by byte, with the longest pads and with none', () => {
    for (const pads of [[0], [512]]) {
      const [a, b] = [dialler({ pads }), listener({ pads })];
      talk(a, b, [1]);
      assert.deepEqual(decrypted(b, b.rest), greeting);
      established(a);
    }
  });

  test('agree with greetings of every kind of length', () => {
    for (const length of [0, 1, 68, 20_000, 65_535]) {
      const first = new Uint8Array(length).map((_, i) => i * 31);
      const [a, b] = [dialler({ greeting: first }), listener()];
      talk(a, b, [1000]);
      assert.deepEqual(decrypted(b, b.rest), first, String(length));
    }
  });

  test('agree over a torrent that is not the first one served, and over no other', () => {
    const [a, b] = [dialler({ infoHash: other }), listener()];
    talk(a, b);
    established(b);
    const stranger = listener({ served: [infoHash] });
    talk(dialler({ infoHash: other }), stranger);
    assert.equal(failure(stranger), 'no such torrent');
  });
});

describe('who is dialled', () => {
  /** What A sends, as A's own steps make it; `edit` may change the part that is encrypted before it is. */
  function stepThree(b: Party, edit: (offer: Uint8Array) => Uint8Array): Uint8Array {
    const keys = keyPair(77n);
    feed(b, keys.publicKey, [96]);
    const theirs = concat(b.sent.splice(0)).subarray(0, 96);
    const secret = keys.secret(theirs) as Uint8Array;
    const hash = (label: string, ...rest: Uint8Array[]): Uint8Array =>
      digests.sha1(concat([Buffer.from(label), secret, ...rest]));
    const name = swarmName(digests, infoHash).map((byte, i) => byte ^ (hash('req3')[i] as number));
    const offer = edit(concat([new Uint8Array(8), Uint8Array.of(0, 0, 0, 3, 0, 0), Uint8Array.of(0, 2, 55, 66)]));
    new Rc4(hash('keyA', infoHash)).apply(offer);
    return concat([hash('req1'), name, offer]);
  }

  const answering = (edit: (offer: Uint8Array) => Uint8Array, choices: Choices = {}): Party => {
    const b = listener(choices);
    feed(b, stepThree(b, edit), [5]);
    return b;
  };
  const set =
    (at: number, ...values: number[]) =>
    (offer: Uint8Array): Uint8Array => {
      offer.set(values, at);
      return offer;
    };

  test('takes the best of what is offered', () => {
    const both = { methods: [Crypto.rc4, Crypto.plaintext] };
    assert.notEqual(established(answering((offer) => offer, both)).sending, null);
    assert.equal(established(answering(set(11, 1), both)).sending, null);
    assert.notEqual(established(answering(set(11, 2), { methods: [Crypto.plaintext, Crypto.rc4] })).sending, null);
    assert.equal(established(answering((offer) => offer, { methods: [Crypto.plaintext, Crypto.rc4] })).sending, null);
    // Bits that mean nothing to us do not matter.
    assert.notEqual(established(answering(set(8, 0xff, 0xff, 0xff, 0xfe))).sending, null);
  });

  test('decrypts the greeting and no more when the rest is plaintext', () => {
    const b = answering(set(11, 1), { methods: [Crypto.plaintext] });
    feed(b, Uint8Array.of(7, 8, 9), [3]);
    assert.deepEqual(decrypted(b, b.rest), Uint8Array.of(55, 66, 7, 8, 9));
  });

  test('refuses what offers nothing, or nothing for it', () => {
    assert.match(failure(answering(set(11, 0))), /nothing for us/);
    assert.match(failure(answering(set(11, 1))), /nothing for us/);
    assert.match(failure(answering(set(11, 4))), /nothing for us/);
  });

  test('refuses a wrong verification constant', () => {
    for (let at = 0; at < 8; at++) assert.equal(failure(answering(set(at, 1))), 'a wrong verification constant');
  });

  test('refuses a pad of more than 512 bytes', () => {
    assert.match(failure(answering(set(12, 2, 1))), /a pad of 513 bytes/);
    assert.match(failure(answering(set(12, 0xff, 0xff))), /a pad of 65535 bytes/);
  });

  test('refuses what is no public key, and says nothing to it', () => {
    const keys = { ...keyPair(5n), secret: () => null };
    const b = listener({ keys });
    feed(b, new Uint8Array(96), [96]);
    assert.equal(failure(b), 'its public key is none');
    assert.equal(b.sent.length, 0);
  });

  test('waits for 512 bytes of pad and the 20 of its hash, and not for one more', () => {
    const b = listener();
    feed(b, concat([toBytes(12_345n), new Uint8Array(531)]), [100]);
    assert.equal(b.handshake.outcome, null);
    feed(b, new Uint8Array(1), [1]);
    assert.equal(failure(b), 'no synchronisation');
  });

  test('refuses a handshake that is replayed to it', () => {
    const [a, b] = [dialler(), listener()];
    const recorded: Uint8Array[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const said = concat(a.sent.splice(0));
      recorded.push(said);
      feed(b, said, [1000]);
      feed(a, concat(b.sent.splice(0)), [1000]);
    }
    established(b);
    const fresh = listener({ keys: keyPair(0xabcdef0123456789n) });
    feed(fresh, concat([...recorded, new Uint8Array(600)]), [1000]);
    assert.equal(failure(fresh), 'no synchronisation');
  });

  test('takes any garbage without throwing, answers it at most once and soon has enough', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 96, maxLength: 2000, size: 'max' }),
        fc.array(size, { minLength: 1 }),
        (noise, sizes) => {
          const b = listener();
          feed(b, noise, sizes);
          assert.ok(b.sent.length <= 1);
          if (noise.length >= 96 + 532) assert.equal(typeof b.handshake.outcome, 'string');
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('who dials', () => {
  /** B's side of a dialogue, as B's own steps make it; `edit` may change its answer before it is encrypted. */
  function answer(edit: (fields: Uint8Array) => Uint8Array, padLength = 0): Party {
    const a = dialler();
    const theirs = concat(a.sent.splice(0)).subarray(0, 96);
    const keys = keyPair(99n);
    const secret = keys.secret(theirs) as Uint8Array;
    const cipher = new Rc4(digests.sha1(concat([Buffer.from('keyB'), secret, infoHash])));
    const fields = edit(concat([new Uint8Array(8), Uint8Array.of(0, 0, 0, 2, 0, 0)]));
    cipher.apply(fields);
    feed(a, concat([keys.publicKey, seededRandom(3).bytes(padLength), fields]), [50]);
    return a;
  }
  const set =
    (at: number, ...values: number[]) =>
    (fields: Uint8Array): Uint8Array => {
      fields.set(values, at);
      return fields;
    };

  test('finds the answer behind up to 512 bytes of pad, and not behind more', () => {
    for (const padLength of [0, 1, 511, 512]) established(answer((fields) => fields, padLength));
    assert.equal(failure(answer((fields) => fields, 513)), 'no verification constant');
  });

  test('refuses a method that it has not offered', () => {
    for (const method of [0, 1, 3, 4]) assert.match(failure(answer(set(11, method))), /was not offered/);
  });

  test('refuses a wrong verification constant and a pad that is too long', () => {
    const wrong = answer(set(0, 1));
    assert.equal(wrong.handshake.outcome, null);
    feed(wrong, new Uint8Array(600), [600]);
    assert.equal(failure(wrong), 'no verification constant');
    assert.match(failure(answer(set(12, 2, 1))), /a pad of 513 bytes/);
  });

  test('sends the hash of the secret, then nothing that names the torrent', () => {
    const a = dialler({ pads: [0] });
    const [first] = a.sent.splice(0) as [Uint8Array];
    assert.equal(toHex(first), toHex(keyPair(0x1234567890abcdefn).publicKey));
    const keys = keyPair(99n);
    feed(a, keys.publicKey, [96]);
    const said = concat(a.sent);
    const secret = keys.secret(first) as Uint8Array;
    assert.deepEqual(said.subarray(0, 20), digests.sha1(concat([Buffer.from('req1'), secret])));
    assert.equal(Buffer.from(said).indexOf(infoHash), -1);
    assert.equal(Buffer.from(said).indexOf(greeting.subarray(0, 8)), -1);
    assert.equal(said.length, 20 + 20 + 8 + 4 + 2 + 2 + 68);
    assert.notEqual(toInteger(secret), 0n);
  });

  test('gives up on a plain client that answers in plaintext', () => {
    const a = dialler();
    feed(a, concat([Uint8Array.of(19), Buffer.from('BitTorrent protocol'), new Uint8Array(700)]), [48]);
    assert.equal(failure(a), 'no verification constant');
  });
});
