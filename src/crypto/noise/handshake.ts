/**
 * Handshakes of the Noise Protocol Framework (revision 34), for the pattern XX, with a pre-shared key (`psk3`, §9) and
 * with a key encapsulation beside the Diffie-Hellman (`hfs`, Noise HFS extension): then what was sent stays secret when
 * one of X25519 and ML-KEM-768 falls.
 */
import { concat } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { ByteCount } from '../../base/units.ts';
import { type Primitives, wipe } from '../primitives.ts';
import { type CipherState, type NoiseCipher, SymmetricState } from './symmetric-state.ts';

export type NoisePattern = 'XX' | 'XXpsk3' | 'XXhfs' | 'XXhfs+psk3';
type Token = 'e' | 'e1' | 's' | 'ee' | 'es' | 'se' | 'ekem1' | 'psk';

/** §7.5 and the HFS extension. */
const patterns: Readonly<Record<NoisePattern, readonly (readonly Token[])[]>> = {
  XX: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']],
  XXpsk3: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se', 'psk']],
  XXhfs: [
    ['e', 'e1'],
    ['e', 'ee', 'ekem1', 's', 'es'],
    ['s', 'se'],
  ],
  'XXhfs+psk3': [
    ['e', 'e1'],
    ['e', 'ee', 'ekem1', 's', 'es'],
    ['s', 'se', 'psk'],
  ],
};

export type NoiseCipherName = 'AESGCM' | 'ChaChaPoly';

const DH: ByteCount = 32;
const TAG: ByteCount = 16;

export interface NoiseOptions {
  readonly pattern: NoisePattern;
  readonly cipher: NoiseCipherName;
  readonly isInitiator: boolean;
  /** What both sides know and agree on by the handshake. */
  readonly prologue: Uint8Array;
  /** X25519, 32 bytes. */
  readonly staticKey: Uint8Array;
  /** 32 bytes; of patterns with `psk3`. */
  readonly psk?: Uint8Array;
}

export class NoiseHandshake implements Disposable {
  readonly #primitives: Primitives;
  readonly #random: Random;
  readonly #options: NoiseOptions;
  readonly #messages: readonly (readonly Token[])[];
  readonly #state: SymmetricState;
  #turn = 0;
  #isClosed = false;
  #ephemeral: Uint8Array = new Uint8Array(0);
  #kemSeed: Uint8Array = new Uint8Array(0);
  #theirEphemeral: Uint8Array = new Uint8Array(0);
  #theirKemKey: Uint8Array = new Uint8Array(0);
  /** Static key of the other side, 32 bytes; empty until it was told. */
  theirStatic: Uint8Array = new Uint8Array(0);

  /** `random`: where the ephemeral keys come from. */
  constructor(primitives: Primitives, random: Random, options: NoiseOptions) {
    const { pattern, cipher, prologue } = options;
    const dh = pattern.includes('hfs') ? '25519+MLKEM768' : '25519';
    this.#primitives = primitives;
    this.#random = random;
    this.#options = options;
    this.#messages = patterns[pattern];
    this.#state = new SymmetricState(
      primitives,
      cipherOf(primitives, cipher),
      `Noise_${pattern}_${dh}_${cipher}_SHA256`,
    );
    this.#state.mixHash(prologue);
  }

  /** All messages were made and read. */
  get isDone(): boolean {
    return this.#turn === this.#messages.length;
  }

  /** Whether the next message is ours. */
  get isOurTurn(): boolean {
    return !this.#isClosed && !this.isDone && (this.#turn % 2 === 0) === this.#options.isInitiator;
  }

  /** Names this handshake, the same on both sides; 32 bytes. */
  get transcript(): Uint8Array {
    return this.#state.transcript;
  }

  /** Bytes of the next message without a payload, whoever makes it. */
  get nextLength(): ByteCount {
    let length = 0;
    let overhead = this.#state.overhead;
    for (const token of this.#messages[this.#turn] ?? []) {
      length += this.#lengthOf(token, overhead);
      if (this.#setsKey(token)) overhead = TAG;
    }
    return length + overhead;
  }

  /** Our next message; null when the other side's keys are such that everybody knows the secret. */
  write(payload: Uint8Array): Uint8Array | null {
    if (!this.isOurTurn) throw new Error('the other side has to speak');
    const parts: Uint8Array[] = [];
    for (const token of this.#messages[this.#turn++] as readonly Token[]) {
      const part = this.#write(token);
      if (part === null) return this.#fail();
      parts.push(part);
    }
    return concat([...parts, this.#state.encryptAndHash(payload)]);
  }

  /** The payload of the other side's next message; null when that is wrong in any way. */
  read(message: Uint8Array): Uint8Array | null {
    if (this.#isClosed || this.isDone || this.isOurTurn) return null;
    let rest = message;
    for (const token of this.#messages[this.#turn++] as readonly Token[]) {
      const length = this.#lengthOf(token, this.#state.overhead);
      if (rest.length < length || !this.#read(token, rest.slice(0, length))) return this.#fail();
      rest = rest.subarray(length);
    }
    return this.#state.decryptAndHash(rest) ?? this.#fail();
  }

  /** The keys for what is sent from now on. */
  finish(): { readonly send: CipherState; readonly receive: CipherState } {
    if (this.#isClosed || !this.isDone) throw new Error('the handshake is not done');
    const [first, second] = this.#state.split();
    this[Symbol.dispose]();
    return this.#options.isInitiator ? { send: first, receive: second } : { send: second, receive: first };
  }

  /** Forgets the keys; those of `finish` are another's. A handshake that failed or is finished has done so. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#state[Symbol.dispose]();
    wipe(this.#ephemeral, this.#kemSeed);
  }

  #fail(): null {
    this[Symbol.dispose]();
    return null;
  }

  #write(token: Token): Uint8Array | null {
    const { x25519, mlKem768 } = this.#primitives;
    if (token === 'e') {
      this.#ephemeral = this.#random.bytes(DH);
      const own = x25519.publicKeyOf(this.#ephemeral);
      this.#mixEphemeral(own);
      return own;
    }
    if (token === 'e1') {
      this.#kemSeed = this.#random.bytes(64);
      return this.#state.encryptAndHash(mlKem768.publicKeyOf(this.#kemSeed));
    }
    if (token === 's') return this.#state.encryptAndHash(x25519.publicKeyOf(this.#options.staticKey));
    if (token !== 'ekem1') return this.#mix(token) ? new Uint8Array(0) : null;
    const made = mlKem768.encapsulate(this.#theirKemKey);
    if (made === null) throw new Error('the key was read before');
    const sealed = this.#state.encryptAndHash(made.ciphertext);
    this.#state.mixKey(made.secret);
    wipe(made.secret);
    return sealed;
  }

  #lengthOf(token: Token, overhead: ByteCount): ByteCount {
    const { mlKem768 } = this.#primitives;
    if (token === 'e') return DH;
    if (token === 's') return DH + overhead;
    if (token === 'e1') return mlKem768.publicKeyLength + overhead;
    return token === 'ekem1' ? mlKem768.ciphertextLength + overhead : 0;
  }

  /** What comes after it is sealed. */
  #setsKey(token: Token): boolean {
    if (token === 'e') return this.#options.psk !== undefined;
    return token !== 's' && token !== 'e1';
  }

  /** False when what was read is wrong. */
  #read(token: Token, bytes: Uint8Array): boolean {
    if (token === 'e') {
      this.#theirEphemeral = bytes;
      this.#mixEphemeral(bytes);
      return true;
    }
    if (token === 'ee' || token === 'es' || token === 'se' || token === 'psk') return this.#mix(token);
    const opened = this.#state.decryptAndHash(bytes);
    if (opened === null) return false;
    if (token === 's') this.theirStatic = opened;
    else if (token === 'e1') return this.#takeKemKey(opened);
    else {
      const secret = this.#primitives.mlKem768.decapsulate(this.#kemSeed, opened);
      this.#state.mixKey(secret);
      wipe(secret);
    }
    return true;
  }

  /** A key that is none is refused when it comes: answering it would be too late. */
  #takeKemKey(key: Uint8Array): boolean {
    this.#theirKemKey = key;
    const tried = this.#primitives.mlKem768.encapsulate(key);
    if (tried !== null) wipe(tried.secret);
    return tried !== null;
  }

  /** §9.2: with a pre-shared key the ephemeral keys go into the keys as well. */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#state.mixHash(publicKey);
    if (this.#options.psk !== undefined) this.#state.mixKey(publicKey);
  }

  /** False when the other side's key is one whose secret everybody knows. */
  #mix(token: 'ee' | 'es' | 'se' | 'psk'): boolean {
    const { isInitiator, staticKey, psk } = this.#options;
    if (token === 'psk') {
      if (psk?.length !== 32) throw new RangeError('a pre-shared key has 32 bytes');
      this.#state.mixKeyAndHash(psk);
      return true;
    }
    // `es`: ephemeral of the initiator, static of the responder.
    const isOwnStatic = token === 'ee' ? false : (token === 'se') === isInitiator;
    const isTheirStatic = token !== 'ee' && !isOwnStatic;
    const own = isOwnStatic ? staticKey : this.#ephemeral;
    const secret = this.#primitives.x25519.sharedSecret(own, isTheirStatic ? this.theirStatic : this.#theirEphemeral);
    if (secret === null) return false;
    this.#state.mixKey(secret);
    wipe(secret);
    return true;
  }
}

const cipherOf = (primitives: Primitives, name: NoiseCipherName): NoiseCipher =>
  name === 'AESGCM'
    ? { aead: primitives.aes256Gcm, order: 'big-endian' }
    : { aead: primitives.chacha20Poly1305, order: 'little-endian' };
