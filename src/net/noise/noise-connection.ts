/** A connection under Noise: its handshake, a hello of each side that may say who it is, then every byte sealed. */
import { concat, writeU16 } from '../../base/bytes.ts';
import type { ByteCount } from '../../base/units.ts';
import { type ClaimPlace, LONGEST_CLAIM, type PeerRole } from '../../codec/identity/index.ts';
import type { NoiseHandshake } from '../../crypto/noise/handshake.ts';
import type { CipherState } from '../../crypto/noise/symmetric-state.ts';
import { netError } from '../errors.ts';
import { CIPHER_BUFFER, RelayConnection, returnBuffer, takeBuffer } from '../protection/index.ts';
import type { Connection, PeerIdentity } from '../transport.ts';
import { framed, FrameReader } from './frames.ts';
import type { NoiseSwarm } from './opening.ts';
import type { PeerIdentities } from './peer-identities.ts';

/** Plaintext of a frame, bytes: two blocks with their headers; it stays in the cache. */
const FRAME: ByteCount = 32_794;
const TAG: ByteCount = 16;
const LENGTH: ByteCount = 2;
/** Plaintext that is sealed at once, bytes: as many frames as a buffer has room for. */
const AT_ONCE: ByteCount = FRAME * Math.floor(CIPHER_BUFFER / (FRAME + LENGTH + TAG));
const EMPTY = new Uint8Array(0);

export interface NoiseSide {
  readonly handshake: NoiseHandshake;
  readonly swarm: NoiseSwarm;
  /** What the dialler sends before the handshake; of the listener: how many bytes of it come first. */
  readonly opening: Uint8Array | ByteCount;
  /** What the dialler sends behind its hello. */
  readonly greeting?: Uint8Array | undefined;
  /** Asked only where the swarm has a secret, and the other side has shown that it has it: others would learn who we are. */
  readonly identities?: PeerIdentities | undefined;
}

export class NoiseConnection extends RelayConnection {
  readonly #ready = Promise.withResolvers<NoiseConnection>();
  readonly #frames = new FrameReader();
  readonly #swarm: NoiseSwarm;
  #handshake: NoiseHandshake | null;
  /** Bytes before the first frame that were looked at already. */
  #toSkip: ByteCount;
  #sending: CipherState | null = null;
  #receiving: CipherState | null = null;
  readonly #greeting: Uint8Array;
  /** Our hello is sent. */
  #isIntroduced = false;
  readonly #identities: PeerIdentities | undefined;
  readonly #role: PeerRole;
  /** Names the handshake; empty before its end. */
  #binding: Uint8Array = EMPTY;
  #provenIdentity: PeerIdentity | undefined;
  #isBroken = false;
  /** The other side's hello has come, which only who has the keys can have sent. */
  #isProven = false;

  private constructor(below: Connection, { handshake, swarm, opening, greeting = EMPTY, identities }: NoiseSide) {
    super(below);
    this.#handshake = handshake;
    this.#swarm = swarm;
    this.#greeting = greeting;
    this.#identities = swarm.secret === null ? undefined : identities;
    this.#role = typeof opening === 'number' ? 'listener' : 'dialler';
    this.#toSkip = typeof opening === 'number' ? opening : 0;
    below.open({
      data: (view) => this.#received(view),
      drain: () => this.drained(),
      close: (error) => {
        this.#failed('NET_PROTECTION_FAILED', 'the connection ended in the handshake', error);
        this.#forgetKeys();
        this.ended(this.#faultAtEnd() ?? error);
      },
    });
    if (typeof opening !== 'number') this.#speak(opening);
  }

  /**
   * Goes through handshake and hellos. Rejects with NET_IMPOSTOR when the other side has not the keys, or is not who it
   * says, NET_PROTECTION_FAILED when it speaks something else or ends the connection.
   */
  static establish(below: Connection, side: NoiseSide): Promise<NoiseConnection> {
    return new NoiseConnection(below, side).#ready.promise;
  }

  override get protection(): string {
    return 'noise';
  }

  override get provenSwarm(): Uint8Array | undefined {
    return this.#swarm.secret === null ? undefined : this.#swarm.infoHash;
  }

  override get provenIdentity(): PeerIdentity | undefined {
    return this.#provenIdentity;
  }

  override send(bytes: Uint8Array, sent?: () => void): boolean {
    const cipher = this.#sending;
    if (cipher === null) {
      // It has ended, and the key is gone.
      if (sent !== undefined) queueMicrotask(sent);
      return false;
    }
    for (let from = 0; ; from += AT_ONCE) {
      const part = bytes.subarray(from, from + AT_ONCE);
      const isLast = from + AT_ONCE >= bytes.length;
      const frames = sealed(cipher, part);
      const goesOn = this.below.send(frames, () => {
        returnBuffer(frames);
        if (isLast) sent?.();
      });
      if (isLast) return goesOn;
    }
  }

  override close(): void {
    this.#forgetKeys();
    super.close();
  }

  #received(view: Uint8Array): void {
    if (this.#isBroken || this.isClosing) return; // some data may still come before the connection's end
    const skipped = Math.min(this.#toSkip, view.length);
    this.#toSkip -= skipped;
    this.#frames.read(
      view.subarray(skipped),
      (message) => (this.#handshake === null ? this.#open(message) : this.#listen(this.#handshake, message)),
      (length) => this.#isProven || this.#expects(length),
    );
  }

  #open(message: Uint8Array): boolean {
    const cipher = this.#receiving;
    if (cipher === null) return false; // its user has closed it at an earlier message
    const plaintext = message.subarray(0, Math.max(0, message.length - TAG));
    if (message.length < TAG || !cipher.openInto(plaintext, message)) {
      if (this.#isProven) this.#broken();
      else this.#failed('NET_IMPOSTOR', 'the other side does not have the right keys');
      return false;
    }
    if (!this.#isProven) return this.#meet(plaintext);
    this.deliver(plaintext);
    return true;
  }

  /** Messages of the handshake have one length each, what has another is none; a hello is short. */
  #expects(length: ByteCount): boolean {
    const handshake = this.#handshake;
    if (handshake !== null) {
      if (length === handshake.nextLength) return true;
      this.#failed('NET_PROTECTION_FAILED', 'the other side speaks something else');
      return false;
    }
    if (length <= TAG + (this.#swarm.secret === null ? 0 : LONGEST_CLAIM)) return true;
    this.#failed('NET_IMPOSTOR', 'the other side says more of itself than there can be');
    return false;
  }

  /** The hello of the other side: empty, or its claim to be somebody. */
  #meet(hello: Uint8Array): boolean {
    if (hello.length > 0) {
      const identity = this.#identities?.judge(hello, this.#placeOf(this.#role === 'dialler' ? 'listener' : 'dialler'));
      if (identity === null) {
        this.#failed('NET_IMPOSTOR', 'the other side is not who it says');
        return false;
      }
      this.#provenIdentity = identity;
    }
    if (!this.#isIntroduced && !this.#introduce()) return false;
    this.#isProven = true;
    this.#ready.resolve(this);
    return true;
  }

  /** Sends our hello, and the greeting behind it; false when we cannot say who we are. */
  #introduce(): boolean {
    this.#isIntroduced = true;
    try {
      this.send(this.#identities?.claim?.(this.#placeOf(this.#role)) ?? EMPTY);
    } catch (cause) {
      this.#failed('NET_PROTECTION_FAILED', 'we cannot say who we are', cause as Error);
      return false;
    }
    if (this.#greeting.length > 0) this.send(this.#greeting);
    return true;
  }

  #placeOf(role: PeerRole): ClaimPlace {
    return { binding: this.#binding, role };
  }

  /** A message of the handshake. */
  #listen(handshake: NoiseHandshake, message: Uint8Array): boolean {
    if (handshake.read(message) === null) {
      this.#failed('NET_IMPOSTOR', 'the other side does not have the right keys');
      return false;
    }
    this.#speak(EMPTY);
    return !this.#isBroken;
  }

  /** Our next message, when it is our turn; and the end of the handshake. */
  #speak(before: Uint8Array): void {
    const handshake = this.#handshake as NoiseHandshake;
    if (handshake.isOurTurn) {
      const message = handshake.write(EMPTY);
      if (message === null) return this.#failed('NET_IMPOSTOR', 'the other side has keys whose secret everybody knows');
      this.below.send(concat([before, framed(message)]));
    }
    if (!handshake.isDone) return;
    const { send, receive } = handshake.finish();
    this.#sending = send;
    this.#receiving = receive;
    this.#binding = handshake.transcript;
    this.#handshake = null;
    // The third message has shown the listener that the dialler has the secret; the dialler has yet to see it. Who has
    // nothing to say but that it is there does not wait for that.
    if (this.#role === 'listener' || (this.#identities?.claim ?? null) === null) this.#introduce();
  }

  #broken(): void {
    this.#isBroken = true;
    this.#forgetKeys();
    this.below.close();
  }

  #forgetKeys(): void {
    this.#sending?.[Symbol.dispose]();
    this.#receiving?.[Symbol.dispose]();
    this.#sending = null;
    this.#receiving = null;
  }

  /** Ends the handshake; nothing happens when that is over. */
  #failed(code: 'NET_IMPOSTOR' | 'NET_PROTECTION_FAILED', reason: string, cause: Error | null = null): void {
    if (this.#isProven || this.#isBroken) return;
    this.#broken();
    this.#handshake?.[Symbol.dispose]();
    this.#handshake = null;
    this.#ready.reject(netError(code, reason, { cause: cause ?? undefined }));
  }

  #faultAtEnd(): Error | null {
    if (!this.#isProven || this.isClosing) return null;
    if (this.#isBroken) return netError('NET_TAMPERED', 'what came was altered on its way');
    return this.#frames.isWithinMessage ? netError('NET_TRUNCATED', 'the connection ended within a message') : null;
  }
}

/** Frames of these bytes, AT_ONCE at the most; one that is empty when there are none. */
function sealed(cipher: CipherState, bytes: Uint8Array): Uint8Array {
  const count = Math.max(1, Math.ceil(bytes.length / FRAME));
  const frames = takeBuffer(bytes.length + count * (LENGTH + TAG));
  for (let i = 0, at = 0; i < count; i++) {
    const plaintext = bytes.subarray(i * FRAME, (i + 1) * FRAME);
    const end = at + LENGTH + plaintext.length + TAG;
    writeU16(frames, at, plaintext.length + TAG);
    cipher.sealInto(frames.subarray(at + LENGTH, end), plaintext);
    at = end;
  }
  return frames;
}
