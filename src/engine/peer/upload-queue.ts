/**
 * What one peer asked of us. Requests wait here, cheap to take back, until there is room on the connection; then a
 * run of them becomes one read into a buffer whose 13-byte headers are already in place, and one write to the socket.
 */
import { RateMeter } from '../../base/rate.ts';
import type { ByteCount, Millis, PieceIndex } from '../../base/units.ts';
import { BLOCK_LENGTH } from '../../codec/metainfo/index.ts';
import { type BlockRange, encodePieceHeader, PIECE_HEADER_LENGTH } from '../../codec/wire/index.ts';
import type { PoolBuffer, ReadRun } from '../../storage/index.ts';

/** What the queue needs from outside. */
export interface UploadPort {
  /** A buffer, or null when memory is short: `pump` is called again when some is free. */
  takeBuffer(size: ByteCount): PoolBuffer | null;
  read(into: PoolBuffer, runs: readonly ReadRun[]): Promise<void>;
  send(bytes: Uint8Array, sent: () => void): void;
  pieceOffset(piece: PieceIndex): ByteCount;
  /** Payload that the rate limits let pass now; Infinity without limits. */
  room(): ByteCount;
  /** Bytes of a range of the torrent that are pads. */
  padSize(offset: ByteCount, length: ByteCount): ByteCount;
  /** Payload that leaves now; `pads` of its bytes are pads. */
  charge(bytes: ByteCount, pads: ByteCount): void;
  /** Requests that could not be read: they are to be rejected. */
  failed(requests: readonly BlockRange[], error: unknown): void;
}

/** Batches under way at the same time: one being read, one being sent, one waiting in the socket. */
const BATCHES_IN_FLIGHT = 3;
/** What has left cannot be taken back: a slow peer is sent block by block, or its cancels come too late. */
const SMALLEST_BATCH: ByteCount = BLOCK_LENGTH;
const LARGEST_BATCH: ByteCount = 64 * BLOCK_LENGTH;
/** A batch that left within this grows, one that took much longer shrinks, ms. */
const BATCH_TIME: Millis = 500;

interface WaitingRequest extends BlockRange {
  /** Where it begins in the torrent. */
  readonly offset: ByteCount;
}

export class UploadQueue {
  readonly meter: RateMeter;
  readonly #port: UploadPort;
  /** In order of arrival. */
  readonly #waiting = new Set<WaitingRequest>();
  /** Byte of the torrent → the waiting request that begins there; of several at most one, only it can be taken back. */
  readonly #byOffset = new Map<ByteCount, WaitingRequest>();
  #inFlight = 0;
  #sending: ByteCount = 0;
  #unsent: ByteCount = 0;
  #batchSize: ByteCount = SMALLEST_BATCH;
  #isClosed = false;

  constructor(port: UploadPort, now: Millis) {
    this.#port = port;
    this.meter = new RateMeter(now);
  }

  /** Requests waiting. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Bytes given to the connection and not yet sent. */
  get sending(): ByteCount {
    return this.#sending;
  }

  /** Payload without pads that was charged, and lies in memory still: of a connection that is closed now it never arrives. */
  get unsent(): ByteCount {
    return this.#unsent;
  }

  /** It would send more, if that may pass. */
  get isWaiting(): boolean {
    return this.length > 0 && this.#inFlight < BATCHES_IN_FLIGHT;
  }

  push(piece: PieceIndex, begin: ByteCount, length: ByteCount): void {
    const request = { piece, begin, length, offset: this.#offset(piece, begin) };
    this.#waiting.add(request);
    this.#byOffset.set(request.offset, request);
  }

  /** Takes back one request; false when it has already left. */
  cancel(piece: PieceIndex, begin: ByteCount, length: ByteCount): boolean {
    const request = this.#byOffset.get(this.#offset(piece, begin));
    if (request?.piece !== piece || request.length !== length) return false;
    this.#remove([request]);
    return true;
  }

  /** Takes back all waiting requests and returns them. */
  clear(): BlockRange[] {
    const dropped = [...this.#waiting];
    this.#remove(dropped);
    return dropped;
  }

  close(): void {
    this.#isClosed = true;
    this.clear();
  }

  /** Sends as much as connection, memory and limits allow. Call it after `push`, and when one of those has changed. */
  pump(now: () => Millis): void {
    while (!this.#isClosed && this.isWaiting) {
      if (!this.#sendBatch(now)) return;
    }
  }

  #sendBatch(now: () => Millis): boolean {
    const room = Math.min(this.#batchSize, this.#port.room());
    if (room <= 0) return false;
    let payload = 0;
    let pads = 0;
    const batch: WaitingRequest[] = [];
    for (const request of this.#waiting) {
      if (payload > 0 && payload + request.length > room) break;
      payload += request.length;
      pads += this.#port.padSize(request.offset, request.length);
      batch.push(request);
    }
    const size = payload + batch.length * PIECE_HEADER_LENGTH;
    const buffer = this.#port.takeBuffer(bufferSize(size));
    if (buffer === null) return false;
    this.#port.charge(payload, pads);
    this.#remove(batch);
    this.#inFlight++;
    this.#unsent += payload - pads;
    const started = now();
    this.#port.read(buffer, this.#frame(buffer.bytes, batch)).then(
      () => {
        if (this.#isClosed) {
          this.#inFlight--;
          buffer.release();
          return;
        }
        this.meter.add(payload);
        this.#sending += size;
        this.#port.send(buffer.bytes.subarray(0, size), () => {
          this.#sending -= size;
          this.#unsent -= payload - pads;
          this.#inFlight--;
          buffer.release();
          this.#adapt(now() - started);
          this.pump(now);
        });
      },
      (error: unknown) => {
        this.#unsent -= payload - pads;
        this.#inFlight--;
        buffer.release();
        this.#port.failed(batch, error);
        this.pump(now);
      },
    );
    return true;
  }

  /** Writes the headers and says where each block's bytes go. */
  #frame(bytes: Uint8Array, batch: readonly WaitingRequest[]): ReadRun[] {
    let at = 0;
    return batch.map(({ piece, begin, length, offset }) => {
      encodePieceHeader(bytes, at, piece, begin, length);
      const run = { offset, at: at + PIECE_HEADER_LENGTH, length };
      at += PIECE_HEADER_LENGTH + length;
      return run;
    });
  }

  #remove(requests: readonly WaitingRequest[]): void {
    for (const request of requests) {
      this.#waiting.delete(request);
      this.#byOffset.delete(request.offset);
    }
  }

  #offset(piece: PieceIndex, begin: ByteCount): ByteCount {
    return this.#port.pieceOffset(piece) + begin;
  }

  #adapt(took: Millis): void {
    if (took > 3 * BATCH_TIME) this.#batchSize = Math.max(SMALLEST_BATCH, this.#batchSize / 2);
    else if (took < BATCH_TIME && this.length > 0) this.#batchSize = Math.min(LARGEST_BATCH, this.#batchSize * 2);
  }
}

/** Buffers come in few sizes, so that the pool finds one to use again: room for 1, 2, 4 … 64 blocks with headers. */
function bufferSize(size: ByteCount): ByteCount {
  const block = BLOCK_LENGTH + PIECE_HEADER_LENGTH;
  return block * 2 ** Math.ceil(Math.log2(Math.max(1, size / block)));
}
