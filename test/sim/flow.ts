/**
 * One direction of a simulated connection: an ordered byte stream from one host to another.
 *
 * A segment waits for its turn on the sender's uplink, travels for the path's latency (with jitter, and with the delay
 * of a retransmission when it is lost), waits for its turn on the receiver's downlink and is delivered. The two links
 * are passed cut-through: of equal or different rates, the slower alone counts, as with a stream of small packets.
 * At most a window of bytes is under way, so a sender does not fill the queue of a slow receiver, and its uplink is
 * free for others. Headers, acknowledgements and the growth of TCP's window are not part of the model.
 */
import type { Clock } from '../../src/base/clock.ts';
import type { ByteCount, BytesPerSecond, Millis } from '../../src/base/units.ts';
import type { AccessLink, LinkUser } from './access-link.ts';
import { Fifo } from './fifo.ts';

/** Bytes queued above which `send` refuses; `drained` follows at half of it. As in the TCP transport. */
const SEND_MARK: ByteCount = 1024 * 1024;
/** What still arrives of the bytes queued when the sender closes: a system's send buffer. */
const LINGER: ByteCount = 64 * 1024;
const LARGEST_SEGMENT: ByteCount = 16 * 1024;
const SMALLEST_SEGMENT: ByteCount = 2 * 1024;
/** A segment occupies the slower link for about this long, so that small messages do not wait longer for their turn. */
const SEGMENT_TIME: Millis = 50;
const LARGEST_WINDOW: ByteCount = 4 * 1024 * 1024;

/** What lies between the two hosts of a flow. */
export interface Path {
  readonly clock: Clock;
  readonly up: AccessLink;
  readonly down: AccessLink;
  latency(): Millis;
  /** Travel time of one segment: latency with jitter and retransmissions. */
  travel(): Millis;
  /** True while a partition holds everything up. */
  isBlocked(): boolean;
  /** Bytes were put on the uplink. */
  departed(bytes: Uint8Array): void;
  /** Bytes were delivered. */
  arrived(bytes: Uint8Array): void;
}

/** The receiving end. */
export interface FlowReader {
  /** True when it takes data now; otherwise it calls `deliver` later. */
  isReady(): boolean;
  data(view: Uint8Array): void;
  /** The sender has closed. */
  end(): void;
}

/** Memory of delivered segments, for the next ones. */
const spare: ArrayBufferLike[] = [];

function segmentOf(size: ByteCount): Uint8Array {
  if (size < SMALLEST_SEGMENT) return new Uint8Array(size);
  return new Uint8Array(spare.pop() ?? new ArrayBuffer(LARGEST_SEGMENT), 0, size);
}

/** Spoils a delivered segment for a reader that has kept it. */
function recycle(segment: Uint8Array): void {
  segment.fill(0xdd);
  if (segment.buffer.byteLength === LARGEST_SEGMENT) spare.push(segment.buffer);
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly sent: (() => void) | undefined;
}

/** Null marks the end of the stream. */
type Segment = Uint8Array | null;

export class Flow {
  readonly #path: Path;
  readonly #reader: FlowReader;
  readonly #drained: () => void;
  readonly #chunks = new Fifo<Chunk>();
  /** Bytes of the first chunk that are on their way. */
  #taken: ByteCount = 0;
  #queued: ByteCount = 0;
  #owesDrain = false;
  #isWaking = false;
  #isEnding = false;
  /** Bytes put on the uplink and not yet delivered. */
  #underWay: ByteCount = 0;
  #lastArrival: Millis = 0;
  /** Segments between the links, before the downlink, and delivered as soon as the reader is ready. */
  readonly #travelling = new Fifo<Segment>();
  readonly #held = new Fifo<Segment>();
  readonly #arrived = new Fifo<Segment>();
  readonly #received = new Fifo<Segment>();
  #onDownlink: Uint8Array | null = null;
  #isDead = false;

  constructor(path: Path, reader: FlowReader, drained: () => void) {
    this.#path = path;
    this.#reader = reader;
    this.#drained = drained;
  }

  get queued(): ByteCount {
    return this.#queued;
  }

  send(bytes: Uint8Array, sent: (() => void) | undefined): boolean {
    this.#chunks.push({ bytes, sent });
    this.#queued += bytes.length;
    if (this.#queued >= SEND_MARK) this.#owesDrain = true;
    this.#wake();
    return !this.#owesDrain;
  }

  /** No more is sent: the little that is queued still goes, then the end of the stream. */
  finish(): void {
    const rest = this.#copyRest();
    this.#dropQueue();
    this.#chunks.push({ bytes: rest, sent: undefined });
    this.#queued = rest.length;
    this.#isEnding = true;
    this.#wake();
  }

  /** Nothing more happens in this direction. */
  kill(): void {
    this.#isDead = true;
    this.#dropQueue();
    for (const queue of [this.#held, this.#arrived, this.#received]) queue.clear();
  }

  /** Delivers what waits for the reader. */
  deliver(): void {
    while (this.#received.length > 0 && !this.#isDead && this.#reader.isReady()) {
      const segment = this.#received.shift() as Segment;
      if (segment === null) {
        this.#reader.end();
        return;
      }
      this.#underWay -= segment.length;
      this.#path.arrived(segment);
      this.#reader.data(segment);
      recycle(segment);
      this.#wake();
    }
  }

  /** A partition is over: what was held up travels again. */
  resume(): void {
    while (this.#held.length > 0) this.#launch(this.#held.shift() as Segment, this.#path.travel());
    this.#wake();
  }

  /** Asks for the uplink after the present task, so that what is sent within it shares segments. */
  #wake(): void {
    if (this.#isWaking || this.#isDead) return;
    this.#isWaking = true;
    queueMicrotask(() => {
      this.#isWaking = false;
      this.#path.up.request(this.#uplinkTurn);
    });
  }

  readonly #uplinkTurn: LinkUser = {
    takeTurn: () => this.#depart(),
    passed: () => {},
  };

  #depart(): ByteCount {
    if (this.#isDead || this.#path.isBlocked() || this.#underWay >= this.#window()) return 0;
    const segment = this.#nextSegment();
    if (segment !== null) {
      const { up, down } = this.#path;
      const cutThrough = Math.max(0, up.duration(segment.length) - down.duration(segment.length));
      this.#underWay += segment.length;
      this.#path.departed(segment);
      this.#launch(segment, cutThrough + this.#path.travel());
    }
    if (this.#chunks.length > 0) this.#path.up.request(this.#uplinkTurn);
    else if (this.#isEnding) {
      this.#isEnding = false;
      this.#launch(null, this.#path.travel());
    }
    return segment?.length ?? 0;
  }

  #launch(segment: Segment, delay: Millis): void {
    const { clock } = this.#path;
    this.#lastArrival = Math.max(this.#lastArrival, clock.now() + delay);
    this.#travelling.push(segment);
    clock.after(this.#lastArrival - clock.now(), this.#arrive);
  }

  readonly #arrive = (): void => {
    const segment = this.#travelling.shift() as Segment;
    if (this.#isDead) return;
    if (this.#path.isBlocked()) {
      this.#held.push(segment);
      return;
    }
    this.#arrived.push(segment);
    this.#path.down.request(this.#downlinkTurn);
  };

  readonly #downlinkTurn: LinkUser = {
    takeTurn: () => {
      if (this.#arrived.length === 0) return 0;
      const segment = this.#arrived.shift() as Segment;
      if (segment === null) {
        this.#received.push(null);
        this.deliver();
        return 0;
      }
      this.#onDownlink = segment;
      if (this.#arrived.length > 0) this.#path.down.request(this.#downlinkTurn);
      return segment.length;
    },
    passed: () => {
      if (this.#onDownlink === null || this.#isDead) return;
      this.#received.push(this.#onDownlink);
      this.#onDownlink = null;
      this.deliver();
    },
  };

  /** The next queued bytes, copied: once its bytes are in a segment, `sent` is called for a chunk. Null when none. */
  #nextSegment(): Uint8Array | null {
    const size = Math.min(this.#queued, this.#segmentSize());
    const segment = size > 0 ? segmentOf(size) : null;
    let filled = 0;
    for (let chunk = this.#chunks.first; chunk !== undefined; chunk = this.#chunks.first) {
      const part = chunk.bytes.subarray(this.#taken, this.#taken + size - filled);
      segment?.set(part, filled);
      filled += part.length;
      this.#taken += part.length;
      if (this.#taken < chunk.bytes.length) break;
      this.#chunks.shift();
      this.#taken = 0;
      if (chunk.sent !== undefined) queueMicrotask(chunk.sent);
    }
    this.#queued -= size;
    if (this.#owesDrain && this.#queued <= SEND_MARK / 2) {
      this.#owesDrain = false;
      queueMicrotask(this.#drained);
    }
    return segment;
  }

  #copyRest(): Uint8Array {
    const rest = new Uint8Array(Math.min(this.#queued, LINGER));
    let filled = 0;
    let start = this.#taken;
    for (const { bytes } of this.#chunks) {
      const part = bytes.subarray(start, start + rest.length - filled);
      rest.set(part, filled);
      filled += part.length;
      start = 0;
      if (filled === rest.length) break;
    }
    return rest;
  }

  #dropQueue(): void {
    for (const { sent } of this.#chunks) if (sent !== undefined) queueMicrotask(sent);
    this.#chunks.clear();
    this.#taken = 0;
    this.#queued = 0;
    this.#owesDrain = false;
  }

  #slowerRate(): BytesPerSecond {
    return Math.min(this.#path.up.rate, this.#path.down.rate);
  }

  #segmentSize(): ByteCount {
    const size = Math.floor((this.#slowerRate() * SEGMENT_TIME) / 1000);
    return Math.max(SMALLEST_SEGMENT, Math.min(LARGEST_SEGMENT, size));
  }

  /** Twice what the path holds, and a few segments. */
  #window(): ByteCount {
    const rate = this.#slowerRate();
    if (rate === Number.POSITIVE_INFINITY) return LARGEST_WINDOW;
    return Math.min(LARGEST_WINDOW, 4 * this.#segmentSize() + (2 * rate * this.#path.latency()) / 1000);
  }
}
