/** A file that is read once from beginning to end, or standard input; in memory there is never more than a few blocks of it. */
import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { concat } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { fileError } from './errors.ts';

const BLOCK: ByteCount = 256 * 1024;

export class Input implements AsyncDisposable {
  /** Null when it is not known before the end: of a pipe. */
  readonly length: ByteCount | null;
  readonly #path: string;
  readonly #file: FileHandle | null;

  private constructor(path: string, file: FileHandle | null, length: ByteCount | null) {
    this.#path = path;
    this.#file = file;
    this.length = length;
  }

  /** `-` is standard input. Rejects FILE_UNREADABLE. */
  static async open(path: string): Promise<Input> {
    if (path === '-') return new Input('standard input', null, null);
    try {
      const file = await open(path, 'r');
      const found = await file.stat();
      if (!found.isDirectory()) return new Input(path, file, found.isFile() ? found.size : null);
      await file.close();
    } catch (cause) {
      throw unreadable(path, cause);
    }
    throw fileError('FILE_UNREADABLE', `${path} is a folder`);
  }

  /** Each block is valid until the next is asked for. Rejects FILE_UNREADABLE. */
  async *blocks(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const block of this.#file === null ? stdinBlocks(signal) : fileBlocks(this.#file)) {
        signal?.throwIfAborted();
        yield block;
      }
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreadable(this.#path, cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}

/** Ends with the signal, also while nothing comes. */
const stdinBlocks = (signal: AbortSignal | undefined): AsyncIterable<Uint8Array> =>
  signal === undefined ? process.stdin : addAbortSignal(signal, process.stdin);

/** The next block is read while the last one is worked on. */
async function* fileBlocks(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  const buffers = [new Uint8Array(BLOCK), new Uint8Array(BLOCK)] as const;
  const read = (buffer: Uint8Array): Promise<Uint8Array> => {
    const block = file.read(buffer, 0, BLOCK).then(({ bytesRead }) => buffer.subarray(0, bytesRead));
    block.catch(() => {}); // It is told when the block is asked for.
    return block;
  };
  let next = read(buffers[0]);
  try {
    for (let turn = 1; ; turn ^= 1) {
      const block = await next;
      if (block.length === 0) return;
      next = read(buffers[turn as 0 | 1]);
      yield block;
    }
  } finally {
    await next.catch(() => {});
    for (const buffer of buffers) buffer.fill(0);
  }
}

const unreadable = (path: string, cause: unknown): Error =>
  fileError('FILE_UNREADABLE', `${path} could not be read: ${messageOf(cause)}`, { cause, details: { path } });

/** Blocks whose beginning can be looked at first. */
export class Beginning {
  readonly #blocks: AsyncIterator<Uint8Array>;
  #seen: Uint8Array = new Uint8Array(0);
  #hasMore = true;

  constructor(blocks: AsyncIterable<Uint8Array>) {
    this.#blocks = blocks[Symbol.asyncIterator]();
  }

  /** The first `length` bytes or more, or all of it. */
  async peek(length: ByteCount): Promise<Uint8Array> {
    while (this.#seen.length < length && this.#hasMore) {
      const { done, value } = await this.#blocks.next();
      if (done === true) this.#hasMore = false;
      else this.#seen = concat([this.#seen, value]);
    }
    return this.#seen;
  }

  /** All of it, what was looked at too. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (this.#seen.length > 0) yield this.#seen;
      this.#seen = new Uint8Array(0);
      while (this.#hasMore) {
        const { done, value } = await this.#blocks.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      await this.#blocks.return?.();
    }
  }
}
