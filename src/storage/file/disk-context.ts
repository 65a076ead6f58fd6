/** What a disk thread has at hand for its jobs: open files, the shared buffers it was told of, and scratch memory. */
import { storageError } from '../errors.ts';
import { OpenFiles } from './open-files.ts';
import { PieceVerifier } from './piece-hash.ts';
import { VerifiedFolders } from './verified-folders.ts';

/** Scratch for hashing, bytes: as large as fits in the second-level cache, for each step costs. A multiple of 16 KiB. */
const SCRATCH_LENGTH = 262144;

export class DiskContext {
  readonly folders: VerifiedFolders = new VerifiedFolders();
  readonly files: OpenFiles = new OpenFiles(this.folders);
  readonly scratch: Buffer = Buffer.allocUnsafeSlow(SCRATCH_LENGTH);
  readonly verifier: PieceVerifier = new PieceVerifier(this.scratch);
  #plain: Buffer = Buffer.alloc(0);
  readonly #memories = new Map<number, Buffer>();

  /** Memory for a decrypted piece; valid until the next call. */
  plain(length: number): Buffer {
    if (this.#plain.length < length) this.#plain = Buffer.allocUnsafeSlow(length);
    return this.#plain.subarray(0, length);
  }

  /** Makes a pool buffer known by its id. */
  learn(id: number, bytes: Uint8Array): void {
    this.#memories.set(id, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  forget(id: number): void {
    this.#memories.delete(id);
  }

  /** The first `length` bytes of a pool buffer. */
  memory(id: number, length: number): Buffer {
    const memory = this.#memories.get(id);
    if (memory === undefined || memory.length < length) {
      throw storageError('STORAGE_WORKER_LOST', `the disk thread does not know buffer ${id}`);
    }
    return memory.subarray(0, length);
  }
}
