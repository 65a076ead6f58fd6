/**
 * Files of a torrent are read here while they may still be downloading. A reader waits for the piece at which it is; the
 * pieces that it needs next get deadlines in the picker, so that they come first and in this order. How far it reads
 * ahead follows its own pace: a player that shows a film needs little, one that fills its buffer much.
 */
import type { ByteCount, BytesPerSecond, FileIndex, Millis, PieceIndex } from '../../base/units.ts';
import type { FileEntry, Geometry } from '../../codec/metainfo/index.ts';
import { engineError } from '../errors.ts';
import type { PiecePicker } from '../picker/piece-picker.ts';
import type { OpenContent } from './content.ts';
import type { TorrentServices } from './torrent-services.ts';

/** What readers need from their torrent. */
export interface ReadersPort {
  content(): OpenContent | null;
  /** Throws ENGINE_NO_METADATA, ENGINE_BAD_FILE_INDEX. */
  file(index: FileIndex): FileEntry;
  /** Null while nothing is to be downloaded. */
  picker(): PiecePicker | null;
  /** False while the torrent rests: what is not there will not come. */
  isRunning(): boolean;
  /** Other pieces are needed: who can bring them should be asked; with `isAtOnce` they should bring nothing else before. */
  needsChanged(isAtOnce: boolean): void;
  failed(error: unknown, content: OpenContent): void;
}

export interface FileReader {
  readonly size: ByteCount;
  /**
   * Plain bytes from `from` to `to` (exclusive) as they become available. Rejects ENGINE_NOT_RUNNING when the torrent
   * rests and the next bytes are not there, ENGINE_NOT_WANTED when they will not come because the file is not wanted.
   */
  read(from: ByteCount, to: ByteCount, options?: { readonly signal?: AbortSignal }): AsyncIterable<Uint8Array>;
}

/** Bytes that are handed out at a time. */
const STEP: ByteCount = 256 * 1024;
/** A reader is to have so much of its own pace in advance, … */
const AHEAD: Millis = 15_000;
/** … but at least and at most so many bytes, … */
const LEAST_AHEAD: ByteCount = 2 * 1024 * 1024;
const MOST_AHEAD: ByteCount = 32 * 1024 * 1024;
/** … and pieces. */
const LEAST_PIECES = 2;
const MOST_PIECES = 256;
/** What a reader is taken to read that has not read yet. */
const ASSUMED_PACE: BytesPerSecond = 512 * 1024;
/** What is needed within this time cannot wait until peers have brought what they were asked for before, ms. */
const AT_ONCE: Millis = 2000;
/** Until a buffer is asked for again when there was none. */
const BUFFER_RETRY: Millis = 50;

/** Where a reader is, in the piece space. */
interface Cursor {
  position: ByteCount;
  readonly end: ByteCount;
  readonly begun: { readonly at: Millis; readonly position: ByteCount };
}

export class FileReaders {
  readonly #services: Pick<TorrentServices, 'clock' | 'uploadMemory'>;
  readonly #port: ReadersPort;
  readonly #cursors = new Set<Cursor>();
  readonly #waiting = new Set<() => void>();
  /** Pieces with a deadline that readers gave them. */
  #planned: ReadonlyMap<PieceIndex, Millis> = new Map();

  constructor(services: Pick<TorrentServices, 'clock' | 'uploadMemory'>, port: ReadersPort) {
    this.#services = services;
    this.#port = port;
  }

  /** Throws ENGINE_NO_METADATA, ENGINE_BAD_FILE_INDEX. */
  open(index: FileIndex): FileReader {
    const file = this.#port.file(index);
    return {
      size: file.length,
      read: (from, to, { signal } = {}) => {
        const [start, end] = [from, to].map((at) => file.offset + Math.max(0, Math.min(at, file.length)));
        return this.#read(index, start as ByteCount, end as ByteCount, signal);
      },
    };
  }

  /** A piece was stored, the torrent's state is another one, or other files are wanted. */
  changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** The download has begun, or ended, or its wishes changed. */
  plan(): void {
    const picker = this.#port.picker();
    const geometry = this.#port.content()?.geometry;
    const needs = new Map<PieceIndex, Millis>();
    for (const cursor of this.#cursors) {
      if (picker === null || geometry === undefined) break;
      for (const [piece, at] of needsOf(cursor, geometry, this.#now)) {
        if (picker.priorityOf(piece) > 0 && at < (needs.get(piece) ?? Number.POSITIVE_INFINITY)) needs.set(piece, at);
      }
    }
    for (const piece of this.#planned.keys()) if (!needs.has(piece)) picker?.setDeadline(piece, null);
    for (const [piece, at] of needs) picker?.setDeadline(piece, at);
    const added = [...needs].filter(([piece]) => !this.#planned.has(piece));
    this.#planned = needs;
    if (added.length > 0) this.#port.needsChanged(added.some(([, at]) => at <= this.#now + AT_ONCE));
  }

  get #now(): Millis {
    return this.#services.clock.now();
  }

  async *#read(
    file: FileIndex,
    start: ByteCount,
    end: ByteCount,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, void> {
    const cursor: Cursor = { position: start, end, begun: { at: this.#now, position: start } };
    this.#cursors.add(cursor);
    try {
      for (let piece = -1; cursor.position < end; ) {
        const { content, length } = await this.#available(file, cursor, signal);
        const bytes = await this.#fetch(content, cursor.position, length, signal);
        cursor.position += length;
        const next = Math.floor(cursor.position / content.geometry.pieceLength);
        if (next !== piece) this.plan();
        piece = next;
        yield bytes;
      }
    } finally {
      this.#cursors.delete(cursor);
      this.plan();
    }
  }

  /** Waits until there is something at the cursor; tells how much of it is there. */
  async #available(
    file: FileIndex,
    { position, end }: Cursor,
    signal: AbortSignal | undefined,
  ): Promise<{ content: OpenContent; length: ByteCount }> {
    for (let isPlanned = false; ; isPlanned = true) {
      signal?.throwIfAborted();
      const content = this.#port.content();
      const length = content === null ? 0 : verified(content, position, Math.min(end, position + STEP));
      if (content !== null && length > 0) return { content, length };
      if (!this.#port.isRunning())
        throw engineError('ENGINE_NOT_RUNNING', 'the torrent rests, and the data is not there');
      if (content?.selection.priorityOf(file) === 0) throw engineError('ENGINE_NOT_WANTED', 'the file is not wanted');
      if (!isPlanned) this.plan();
      await this.#change(signal);
    }
  }

  async #fetch(
    content: OpenContent,
    offset: ByteCount,
    length: ByteCount,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const { clock, uploadMemory } = this.#services;
    let buffer = uploadMemory.take(length);
    for (; buffer === null; buffer = uploadMemory.take(length)) await clock.sleep(BUFFER_RETRY, signal);
    try {
      await content.storage.readPlain(buffer, [{ offset, at: 0, length }]);
      return buffer.bytes.slice(0, length);
    } catch (error) {
      this.#port.failed(error, content);
      throw error;
    } finally {
      buffer.release();
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

/** How many bytes from `position` on, up to `end`, lie in verified pieces. */
function verified({ have, geometry }: OpenContent, position: ByteCount, end: ByteCount): ByteCount {
  let at = position;
  while (at < end) {
    const piece = Math.floor(at / geometry.pieceLength);
    if (!have.has(piece)) break;
    at = Math.min(end, geometry.pieceOffset(piece + 1));
  }
  return at - position;
}

/** The pieces that a reader needs next, with the times by which it needs them. */
function* needsOf(
  { position, end, begun }: Cursor,
  geometry: Geometry,
  now: Millis,
): IterableIterator<readonly [piece: PieceIndex, at: Millis]> {
  if (position >= end) return;
  const elapsed = now - begun.at;
  const pace = elapsed > 0 ? ((position - begun.position) * 1000) / elapsed : 0;
  const ahead = Math.max(LEAST_AHEAD, Math.min(MOST_AHEAD, (pace * AHEAD) / 1000));
  const first = Math.floor(position / geometry.pieceLength);
  const count = Math.max(LEAST_PIECES, Math.min(MOST_PIECES, Math.ceil(ahead / geometry.pieceLength)));
  const last = Math.min(first + count - 1, Math.floor((end - 1) / geometry.pieceLength));
  for (let piece = first; piece <= last; piece++) {
    const distance = Math.max(0, geometry.pieceOffset(piece) - position);
    yield [piece, now + (distance * 1000) / Math.max(pace, ASSUMED_PACE)];
  }
}
