/**
 * The journal of one open torrent: makes what the storage learns survive the process. It starts with the first thing
 * to note, by replacing the old file with a snapshot of the present state (never by appending to what an earlier
 * process left, which may end in half a record), and so costs nothing while a torrent only seeds. Disk workers append
 * the records of their commits themselves. A journal that cannot be written is given up with a warning: the data is
 * what counts, and without a journal it is only hashed again.
 */
import { concat } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { ByteCount } from '../../base/units.ts';
import type { Disk } from './disk.ts';
import type { Site } from './disk-jobs.ts';
import { encodeHeader, encodeSnapshot, type JournalIdentity } from './journal-format.ts';
import { encodeMove, encodeOrigin, encodePaths } from './journal-records.ts';
import type { JournalState } from './journal-state.ts';

/** Appended bytes after which a journal is worth rewriting, besides a multiple of its compact size. */
const LARGE: ByteCount = 262144;

export interface JournalDeps {
  readonly disk: Disk;
  readonly logger: Logger;
  /** Id of the running boot, 16 bytes; zeros when unknown. */
  readonly bootId: Uint8Array;
}

interface JournalWrite {
  readonly bytes: Uint8Array;
  readonly mode: 'append' | 'replace';
  readonly isSynced: boolean;
}

export class Journal {
  readonly #path: string;
  readonly #identity: JournalIdentity;
  readonly #state: JournalState;
  readonly #deps: JournalDeps;
  #isStarted = false;
  #isBroken = false;
  #isEnded = false;
  #bootId: Uint8Array;
  /** The file on the disk says of some pieces that they survive a power cut, and must survive one itself. */
  #hasDurable: boolean;
  /** The last of our own writes, which happen one after the other. */
  #writing: Promise<void> = Promise.resolve();
  /** Set while disk workers must not append. */
  #blocking: Promise<void> | null = null;
  #compactSize: ByteCount = 0;
  #appended: ByteCount = 0;

  constructor(path: string, identity: JournalIdentity, state: JournalState, deps: JournalDeps) {
    this.#path = path;
    this.#identity = identity;
    this.#state = state;
    this.#deps = deps;
    this.#bootId = deps.bootId;
    this.#hasDurable = !state.durable.isEmpty;
  }

  /** Where disk workers append, or null after the journal was given up. */
  get target(): string | null {
    return this.#isBroken ? null : this.#path;
  }

  /** True when something was noted since the torrent was opened. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** True when a rewrite would shrink it much. */
  get isLarge(): boolean {
    return this.#isStarted && !this.#isBroken && this.#appended > LARGE + 8 * this.#compactSize;
  }

  /** Null when disk workers may append now; else a promise after which to ask again. Starts the journal. */
  waiting(site: Site): Promise<void> | null {
    if (!this.#isStarted) void this.rewrite(site);
    return this.#blocking;
  }

  /** From now on the journal itself must survive a power cut: it is flushed whenever it is replaced. */
  protect(): void {
    this.#hasDurable = true;
  }

  /** What was not flushed may not have reached the disk: after the next rewrite it counts as after a power cut. */
  doubt(): void {
    this.#bootId = new Uint8Array(this.#bootId.length);
  }

  /** Counts what a disk worker appended. */
  noteAppended(bytes: ByteCount): void {
    this.#appended += bytes;
  }

  /** Adds a record, whose content must be in the state already. `isBlocking`: commits wait for it. */
  append(site: Site, bytes: Uint8Array, options: { isSynced?: boolean; isBlocking?: boolean } = {}): Promise<void> {
    if (!this.#isStarted) return this.rewrite(site);
    const { isSynced = false, isBlocking = false } = options;
    this.#appended += bytes.length;
    return this.#write(site, () => ({ bytes, mode: 'append', isSynced }), isBlocking);
  }

  /** Replaces the journal by a snapshot of the state. Unless it is the first, no commit may be under way. */
  async rewrite(site: Site): Promise<void> {
    const isFirst = !this.#isStarted;
    this.#isStarted = true;
    this.#isBroken = false;
    const snapshot = (): JournalWrite => {
      const { paths, moveTarget, origin } = this.#state;
      const parts = [encodeHeader(this.#identity, this.#bootId), encodeSnapshot(this.#state)];
      if (paths.size > 0) parts.push(encodePaths(paths));
      if (moveTarget !== null) parts.push(encodeMove(moveTarget));
      if (origin !== null) parts.push(encodeOrigin(origin));
      const bytes = concat(parts);
      this.#compactSize = bytes.length;
      this.#appended = 0;
      return { bytes, mode: 'replace', isSynced: this.#hasDurable };
    };
    await this.#write(site, snapshot, true);
    if (!isFirst) await this.#deps.disk.release(site.torrent);
  }

  /** Nothing is written any more once this resolves: the journal can be removed. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#writing;
  }

  /** Gives the journal up until it is next rewritten. */
  fail(reason: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const message = 'the resume journal cannot be written; the torrent will be checked next time';
    this.#deps.logger.warn(message, { path: this.#path, reason });
  }

  #write(site: Site, make: () => JournalWrite, isBlocking: boolean): Promise<void> {
    const done = this.#writing.then(async () => {
      const write = make();
      if (this.#isBroken || this.#isEnded) return;
      try {
        await this.#deps.disk.run('journal', { site, path: this.#path, ...write });
      } catch (error) {
        this.fail(messageOf(error));
      }
    });
    this.#writing = done;
    if (!isBlocking) return done;
    const unblocked = done.then(() => {
      if (this.#blocking === unblocked) this.#blocking = null;
    });
    this.#blocking = unblocked;
    return unblocked;
  }
}
