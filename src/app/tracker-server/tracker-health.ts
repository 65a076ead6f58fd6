/** Looks after what a tracker lives on, and says what is wrong with it. A degraded tracker still answers. */
import { statfs } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { ThreadState } from './threads/tracker-threads.ts';

/** Name of a check → what is wrong, null: nothing. */
export type Checks = Readonly<
  Record<'threads' | 'loop' | 'database' | 'disk' | 'swarms' | 'certificate' | 'configuration', string | null>
>;

export interface HealthParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly threads: () => readonly (ThreadState | null)[];
  /** Rejects with what is wrong with the database. */
  readonly checkDatabase: () => Promise<void>;
  /** What the last reading and writing of the database said; null: all is well. */
  readonly databaseProblem: () => string | null;
  readonly swarmsProblem: () => string | null;
  readonly certificateProblem: () => string | null;
  readonly configProblem: () => string | null;
  /** Folder of what is kept; null: nothing is. */
  readonly directory: string | null;
}

const EVERY: Millis = 5000;
/** A thread that has told nothing for so long hangs. */
const SILENCE: Millis = 10_000;
/** Clients notice when their datagrams wait for so long. */
const LATE: Millis = 500;
/** Room that a database needs to go on for a while. */
const LEAST_ROOM: ByteCount = 64 * 1024 * 1024;

export class TrackerHealth implements AsyncDisposable {
  readonly #parts: HealthParts;
  #database: string | null = null;
  #disk: string | null = null;
  #told: ReadonlySet<string> = new Set();
  #timer: Disposable;
  #isDisposed = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#timer = this.#plan();
  }

  get checks(): Checks {
    const { threads, clock, databaseProblem, swarmsProblem, certificateProblem, configProblem } = this.#parts;
    const now = clock.now();
    const states = threads();
    const lost = states.flatMap((state, i) => (state === null ? [i] : []));
    const hanging = states.flatMap((state, i) => (state !== null && now - state.at > SILENCE ? [i] : []));
    const late = states.flatMap((state, i) => (state !== null && state.lag > LATE ? [i] : []));
    return {
      threads: joined([
        lost.length > 0 && `thread ${lost.join(', ')} has ended and is started again`,
        hanging.length > 0 && `thread ${hanging.join(', ')} does not answer`,
      ]),
      loop: late.length > 0 ? `thread ${late.join(', ')} is more than ${LATE} ms behind` : null,
      database: databaseProblem() ?? this.#database,
      disk: this.#disk,
      swarms: swarmsProblem(),
      certificate: certificateProblem(),
      configuration: configProblem(),
    };
  }

  #plan(): Disposable {
    return this.#parts.clock.after(EVERY, () => {
      void this.#look().then(() => {
        if (this.#isDisposed) return;
        this.#tell();
        this.#timer = this.#plan();
      });
    });
  }

  async #look(): Promise<void> {
    const { checkDatabase, directory } = this.#parts;
    this.#database = await checkDatabase().then(() => null, messageOf);
    if (directory === null) return;
    this.#disk = await statfs(directory).then(
      ({ bavail, bsize }) => (bavail * bsize < LEAST_ROOM ? `the disk of ${directory} is nearly full` : null),
      (error: unknown) => `${directory} cannot be used: ${messageOf(error)}`,
    );
  }

  /** What has gone wrong or right since the last look. */
  #tell(): void {
    const { logger } = this.#parts;
    const bad = new Set<string>();
    for (const [check, problem] of Object.entries(this.checks)) {
      if (problem === null) continue;
      bad.add(check);
      if (!this.#told.has(check)) logger.warn('degraded', { check, problem });
    }
    for (const check of this.#told) if (!bad.has(check)) logger.info('recovered', { check });
    this.#told = bad;
  }

  /** Looks no more, and says nothing of a look under way: it may wait for a database that hangs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#timer[Symbol.dispose]();
  }
}

function joined(problems: readonly (string | false)[]): string | null {
  const real = problems.filter((problem) => problem !== false);
  return real.length === 0 ? null : real.join('; ');
}
