/**
 * The handshake of Message Stream Encryption (wiki.vuze.com/w/Message_Stream_Encryption), both sides, without socket or
 * timer: bytes in, bytes out. A is who dialled, S the shared secret, SKEY the info hash:
 *
 *     1 A→B  Ya, PadA
 *     2 B→A  Yb, PadB
 *     3 A→B  HASH('req1', S), HASH('req2', SKEY) xor HASH('req3', S),
 *            ENCRYPT(VC, crypto_provide, len(PadC), PadC, len(IA)), ENCRYPT(IA)
 *     4 B→A  ENCRYPT(VC, crypto_select, len(PadD), PadD), then the stream
 *
 * Each side is a generator that reads like this list: it yields what it waits for and is given it.
 */
import { concat, equalBytes, readU16, readU32, utf8, writeU16, writeU32 } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import { KEY_LENGTH, type KeyPair } from './dh.ts';
import { Rc4 } from './rc4.ts';

/** Values of crypto_provide and crypto_select. */
export const Crypto = { plaintext: 1, rc4: 2 } as const;
export type CryptoMethod = (typeof Crypto)[keyof typeof Crypto];

/** Longest of the four pads. */
const LONGEST_PAD: ByteCount = 512;
const HASH_LENGTH: ByteCount = 20;
/** VC: as many zeros. */
const VC_LENGTH: ByteCount = 8;

/** What came of it: how both directions go on. */
export interface Established {
  /** Cipher of what we send; null: it goes as it is. */
  readonly sending: Rc4 | null;
  /** Cipher of what we receive, … */
  readonly receiving: Rc4;
  /** … and how many bytes it still applies to; Infinity for all. */
  readonly encryptedBytes: ByteCount;
}

/** So many bytes, or all up to and with `pattern`, which begins at byte 512 at the latest (null when it does not). */
type Wanted = ByteCount | { readonly pattern: Uint8Array };
/** A handshake that fails returns words. */
export type Steps = Generator<Wanted, Established | string, Uint8Array | null>;

/** What both sides need. */
interface Side {
  readonly keys: KeyPair;
  readonly random: Random;
  readonly digests: Digests;
  send(bytes: Uint8Array): void;
}

export interface Initiator extends Side {
  readonly infoHash: Uint8Array;
  /** The first bytes of the stream (IA), at most 65,535. */
  readonly greeting: Uint8Array;
}

export interface Responder extends Side {
  /** The info hash of which HASH('req2', info hash) is `name`; null when we have no such torrent. */
  infoHashOf(name: Uint8Array): Uint8Array | null;
  /** What we take, the best first. */
  readonly methods: readonly CryptoMethod[];
}

/** A: offers nothing but RC4, so that the greeting may go before B has chosen. */
export function* initiate(side: Initiator): Steps {
  const { keys, random, digests, infoHash } = side;
  side.send(concat([keys.publicKey, noise(random)]));
  const secret = keys.secret((yield KEY_LENGTH) as Uint8Array);
  if (secret === null) return 'its public key is none';
  const hash = hashes(digests, secret);
  const [sending, receiving] = [new Rc4(hash('keyA', infoHash)), new Rc4(hash('keyB', infoHash))];
  const offer = concat([choice(Crypto.rc4, random), u16(side.greeting.length), side.greeting]);
  sending.apply(offer);
  side.send(concat([hash('req1'), xor(swarmName(digests, infoHash), hash('req3')), offer]));
  const pattern = new Uint8Array(VC_LENGTH);
  receiving.apply(pattern);
  if ((yield { pattern }) === null) return 'no verification constant';
  const answer = decrypted(receiving, yield 6);
  const method = readU32(answer, 0);
  if (method !== Crypto.rc4) return `crypto_select ${method} was not offered`;
  const padLength = readU16(answer, 4);
  if (padLength > LONGEST_PAD) return `a pad of ${padLength} bytes`;
  if (padLength > 0) decrypted(receiving, yield padLength);
  return { sending, receiving, encryptedBytes: Number.POSITIVE_INFINITY };
}

/** B. */
export function* respond(side: Responder): Steps {
  const { keys, random, digests } = side;
  const secret = keys.secret((yield KEY_LENGTH) as Uint8Array);
  if (secret === null) return 'its public key is none';
  side.send(concat([keys.publicKey, noise(random)]));
  const hash = hashes(digests, secret);
  if ((yield { pattern: hash('req1') }) === null) return 'no synchronisation';
  const infoHash = side.infoHashOf(xor((yield HASH_LENGTH) as Uint8Array, hash('req3')));
  if (infoHash === null) return 'no such torrent';
  const [receiving, sending] = [new Rc4(hash('keyA', infoHash)), new Rc4(hash('keyB', infoHash))];
  const offer = decrypted(receiving, yield VC_LENGTH + 6);
  if (!equalBytes(offer.subarray(0, VC_LENGTH), new Uint8Array(VC_LENGTH))) return 'a wrong verification constant';
  const provided = readU32(offer, VC_LENGTH);
  const method = side.methods.find((candidate) => (provided & candidate) !== 0);
  if (method === undefined) return `crypto_provide ${provided} has nothing for us`;
  const padLength = readU16(offer, VC_LENGTH + 4);
  if (padLength > LONGEST_PAD) return `a pad of ${padLength} bytes`;
  const greetingLength = readU16(decrypted(receiving, yield padLength + 2), padLength);
  const answer = choice(method, random);
  sending.apply(answer);
  side.send(answer);
  return method === Crypto.rc4
    ? { sending, receiving, encryptedBytes: Number.POSITIVE_INFINITY }
    : { sending: null, receiving, encryptedBytes: greetingLength };
}

/** HASH('req2', SKEY): as which a swarm is named in the handshake. */
export const swarmName = (digests: Digests, infoHash: Uint8Array): Uint8Array =>
  digests.sha1(concat([utf8('req2'), infoHash]));

const hashes =
  (digests: Digests, secret: Uint8Array) =>
  (label: string, ...rest: readonly Uint8Array[]): Uint8Array =>
    digests.sha1(concat([utf8(label), secret, ...rest]));

const noise = (random: Random): Uint8Array => random.bytes(random.below(LONGEST_PAD + 1));

/** VC, crypto_provide or crypto_select, and a pad of zeros with its length. */
function choice(method: CryptoMethod, random: Random): Uint8Array {
  const padLength = random.below(LONGEST_PAD + 1);
  const bytes = new Uint8Array(VC_LENGTH + 6 + padLength);
  writeU32(bytes, VC_LENGTH, method);
  writeU16(bytes, VC_LENGTH + 4, padLength);
  return bytes;
}

const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ (b[i] as number));

function decrypted(cipher: Rc4, bytes: Uint8Array | null): Uint8Array {
  const given = bytes as Uint8Array;
  cipher.apply(given);
  return given;
}

/** Feeds one side with what comes in, in whatever portions, and keeps no more than it waits for. */
export class Handshake {
  readonly #steps: Steps;
  readonly #buffer = new Uint8Array(LONGEST_PAD + HASH_LENGTH);
  #length: ByteCount = 0;
  #wanted: Wanted = 0;
  /** Null until it is over; words when it failed. */
  outcome: Established | string | null = null;

  constructor(steps: Steps) {
    this.#steps = steps;
    this.#go(null);
  }

  /** Takes bytes until it is over; returns how many it took. */
  receive(view: Uint8Array): ByteCount {
    let at = 0;
    while (at < view.length && this.outcome === null) {
      this.#buffer[this.#length++] = view[at++] as number;
      this.#look();
    }
    return at;
  }

  #look(): void {
    const wanted = this.#wanted;
    const received = this.#buffer.subarray(0, this.#length);
    if (typeof wanted === 'number') {
      if (received.length === wanted) this.#go(received.slice());
      return;
    }
    const { pattern } = wanted;
    if (received.length < pattern.length) return;
    if (equalBytes(received.subarray(-pattern.length), pattern)) this.#go(pattern);
    else if (received.length === LONGEST_PAD + pattern.length) this.#go(null);
  }

  #go(given: Uint8Array | null): void {
    this.#length = 0;
    const { done, value } = this.#steps.next(given);
    if (done === true) this.outcome = value;
    else this.#wanted = value;
  }
}
