/**
 * The program of the user that is run when a torrent is complete. No shell is involved: the facts go by the environment,
 * where a name with quotes or semicolons is nothing but a name.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../../../base/clock.ts';
import { ConcurrencyLimit } from '../../../base/concurrency-limit.ts';
import { messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import { printable } from '../../../base/printable.ts';
import type { Millis } from '../../../base/units.ts';
import type { TorrentView } from '../torrent-view.ts';

/** A program that still runs after this is ended, ms. */
const TIME_LIMIT: Millis = 600_000;
/** One that does not end then is killed after this, ms. */
const GRACE: Millis = 5_000;
const MOST_AT_A_TIME = 4;
/** Characters of what it says that are logged. */
const MOST_LOGGED = 2_000;

export interface ProgramServices {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Path of the program; null: none. */
  readonly program: () => string | null;
}

export class CompletionProgram {
  readonly #services: ProgramServices;
  readonly #turns = new ConcurrencyLimit(MOST_AT_A_TIME);
  readonly #closing = new AbortController();
  /** Torrents for which it has ended. */
  readonly #over = new Set<number>();

  constructor(services: ProgramServices) {
    this.#services = services;
  }

  /** Whether it has ended for the last completion of a torrent, if there is one. */
  hasRun(id: number): boolean {
    return this.#over.has(id);
  }

  /** Resolves when it has ended, with false if that was because of `close`; never rejects. */
  async run(view: TorrentView): Promise<boolean> {
    this.#over.delete(view.id);
    const hasRun = await this.#run(view);
    if (hasRun) this.#over.add(view.id);
    return hasRun;
  }

  async #run(view: TorrentView): Promise<boolean> {
    const program = this.#services.program();
    if (program === null) return true;
    const { logger } = this.#services;
    const { name } = view;
    try {
      const { code, signal, words } = await this.#turns.run(() => this.#spawn(program, view), this.#closing.signal);
      const facts = { program, name, code, signal, words: printable(words, MOST_LOGGED) };
      if (code === 0) logger.info('the completion program has ended', facts);
      else logger.warn('the completion program failed', facts);
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        logger.error('the completion program cannot be run', { program, name, reason: messageOf(error) });
      }
    }
    return !this.#closing.signal.aborted;
  }

  /** Ends the programs that run. */
  close(): void {
    this.#closing.abort();
  }

  #spawn(program: string, view: TorrentView): Promise<{ code: number | null; signal: string | null; words: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{
      code: number | null;
      signal: string | null;
      words: string;
    }>();
    const child = spawn(program, [], { shell: false, env: environmentOf(view), stdio: ['ignore', 'pipe', 'pipe'] });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        words = (words + chunk.toString('utf8')).slice(-2 * MOST_LOGGED);
      });
    }
    let kill: Disposable | null = null;
    const end = (): void => {
      child.kill('SIGTERM');
      kill = this.#services.clock.after(GRACE, () => child.kill('SIGKILL'));
    };
    const limit = this.#services.clock.after(TIME_LIMIT, end);
    this.#closing.signal.addEventListener('abort', end, { once: true });
    const over = (): void => {
      limit[Symbol.dispose]();
      kill?.[Symbol.dispose]();
      this.#closing.signal.removeEventListener('abort', end);
    };
    child.once('error', (error) => {
      over();
      reject(error);
    });
    // What it has started may hold its output open: its own end counts.
    child.once('exit', (code, signal) => {
      over();
      resolve({ code, signal, words });
    });
    return promise;
  }
}

/** Ours without what configures us (`DST_…`, where secrets may be), and the facts. */
function environmentOf(view: TorrentView): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('DST_'));
  return {
    ...Object.fromEntries(kept),
    DST_TORRENT_ID: String(view.id),
    DST_TORRENT_HASH: view.hash,
    DST_TORRENT_NAME: view.name,
    DST_TORRENT_PATH: view.contentPath,
    DST_TORRENT_SAVE_PATH: view.savePath,
    DST_TORRENT_SIZE: String(view.totalSize),
    DST_TORRENT_FILES: String(view.fileCount),
    DST_TORRENT_CATEGORY: view.settings.category,
    DST_TORRENT_LABELS: view.settings.labels.join(','),
    DST_TORRENT_TRACKER: view.tracker,
  };
}
