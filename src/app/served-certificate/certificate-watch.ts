/**
 * Notices that the files of a certificate were renewed. The folders are watched and not the files, because those who
 * renew certificates put new files or links in the place of the old ones. Links into other folders and network disks
 * tell nothing, so that the files are also read from time to time. A folder that is removed and made again is another
 * one to the system, so that each reading begins by watching anew.
 */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { DstError, messageOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { certificateError } from './errors.ts';

export interface CertificateWatchParts {
  readonly certPath: string;
  readonly keyPath: string;
  readonly clock: Clock;
  /** Takes another valid certificate than the one before. */
  readonly onChange: (certificate: Certificate) => void;
  /** Takes what is wrong with the files; the certificate of before stays. */
  readonly onProblem: (error: DstError) => void;
}

/** Time from the first sign of a change until the files are read: both have been written by then, ms. */
const SETTLING: Millis = 1_000;
const READ_AGAIN: Millis = 3_600_000;
/** While something is wrong with the files. */
const READ_AGAIN_SOON: Millis = 60_000;

export class CertificateWatch implements Disposable {
  /** What is wrong with the files at present. */
  problem: DstError | null = null;
  readonly #parts: CertificateWatchParts;
  /** By folder. */
  readonly #watchers = new Map<string, FSWatcher>();
  /** Message of the problem that was told last: it is told once, and not with each reading. */
  #told = '';
  #current: Certificate;
  #next: Disposable | null = null;
  #isSettling = false;
  /** Number of the last reading. What an earlier one has found counts no more. */
  #reading = 0;

  /** `current`: what has been read of the files. That a folder cannot be watched is told too, TLS_UNWATCHED. */
  constructor(current: Certificate, parts: CertificateWatchParts) {
    this.#current = current;
    this.#parts = parts;
    this.#readAfter(READ_AGAIN);
    this.#tell(this.#watch());
  }

  /** Watches both folders as they are now; returns why one cannot be watched. */
  #watch(): DstError | null {
    const { certPath, keyPath } = this.#parts;
    let problem: DstError | null = null;
    for (const folder of new Set([dirname(certPath), dirname(keyPath)])) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#notice());
        watcher.on('error', (cause) => this.#tell(unwatched(folder, cause)));
        this.#watchers.get(folder)?.close();
        this.#watchers.set(folder, watcher);
      } catch (cause) {
        problem = unwatched(folder, cause);
      }
    }
    return problem;
  }

  #tell(problem: DstError | null): void {
    if (problem !== null && problem.message !== this.#told) this.#parts.onProblem(problem);
    this.#told = problem?.message ?? '';
  }

  /** More signs do not put the reading off: other files of the folder may change without end. */
  #notice(): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    this.#readAfter(SETTLING);
  }

  #readAfter(delay: Millis): void {
    this.#next?.[Symbol.dispose]();
    this.#next = this.#parts.clock.after(delay, () => void this.#read());
  }

  async #read(): Promise<void> {
    const reading = ++this.#reading;
    this.#isSettling = false;
    this.#readAfter(this.problem === null ? READ_AGAIN : READ_AGAIN_SOON);
    const watchProblem = this.#watch();
    const { certPath, keyPath } = this.#parts;
    const found = await readCertificate(certPath, keyPath).catch((error: unknown) => error as DstError);
    if (reading !== this.#reading) return;
    if (found instanceof DstError) {
      this.problem = found;
      this.#tell(found);
      if (!this.#isSettling) this.#readAfter(READ_AGAIN_SOON);
      return;
    }
    this.problem = null;
    this.#tell(watchProblem);
    if (found.cert === this.#current.cert && found.key === this.#current.key) return;
    this.#current = found;
    this.#parts.onChange(found);
  }

  [Symbol.dispose](): void {
    this.#reading = -1;
    this.#next?.[Symbol.dispose]();
    for (const watcher of this.#watchers.values()) watcher.close();
  }
}

const unwatched = (folder: string, cause: unknown): DstError =>
  certificateError('TLS_UNWATCHED', `cannot watch ${folder}: ${messageOf(cause)}`, { details: { folder }, cause });
