/**
 * Where the files of a torrent lie: another save path, and other names. What is intended is stored before a file is
 * touched, so that a crash leaves nothing half-done: the next start takes it up again.
 */
import { codeOf, messageOf } from '../../../base/errors.ts';
import type { FileIndex } from '../../../base/units.ts';
import { clientError } from '../errors.ts';
import type { DurableRecord } from './durable-record.ts';
import type { LibraryServices } from './library-services.ts';
import { mustBeFileName } from './renamed-files.ts';
import type { TorrentView } from '../torrent-view.ts';
import type { TorrentRecord } from './torrent-record.ts';
import type { TorrentRun } from './torrent-run.ts';

export class Relocation {
  readonly #record: DurableRecord;
  readonly #run: TorrentRun;
  readonly #services: LibraryServices;
  readonly #owner: { changed(): void };
  #moving: Promise<void> | null = null;
  /** One renaming after another: each begins with the names that the one before has left. */
  #renaming: Promise<void> = Promise.resolve();
  /** 0 … 1 of the move that runs. */
  #progress = 0;
  /** What became of the last move, if it failed: also of one in an earlier run. */
  #problem: TorrentView['moveProblem'];
  #isClosed = false;

  constructor(record: DurableRecord, run: TorrentRun, services: LibraryServices, owner: { changed(): void }) {
    this.#record = record;
    this.#run = run;
    this.#services = services;
    this.#owner = owner;
    this.#problem = record.value.choices.moveProblem;
  }

  get isMoving(): boolean {
    return this.#moving !== null;
  }

  /** Its files are on their way, or about to be: it is complete, and not where it belongs. */
  get isAhead(): boolean {
    const { directory, savePath } = this.#record.value;
    const isDue = directory !== savePath && this.#run.state?.kind === 'seeding' && this.#problem === null;
    return this.isMoving || isDue;
  }

  get progress(): number {
    return this.isMoving ? this.#progress : 0;
  }

  get problem(): TorrentView['moveProblem'] {
    return this.#problem;
  }

  /** Settled when no files are on their way. */
  get settled(): Promise<void> {
    return this.#moving ?? Promise.resolve();
  }

  /** Rejects CLIENT_PATH_REFUSED, CLIENT_TORRENT_BUSY. */
  async setSavePath(path: string, movesData: boolean): Promise<void> {
    const to = await this.#services.allowedFolder(path);
    if (this.isMoving) throw this.#busy();
    const { directory, savePath, completedAt, name } = this.#record.value;
    if (this.#removal !== null) throw clientError('CLIENT_TORRENT_REMOVED', `${name} has been removed`);
    this.#problem = null;
    // What is not complete stays in its own folder and goes to the new place in the end.
    const isWaiting = directory !== savePath && completedAt === null;
    if (movesData && !isWaiting && to !== directory) return this.#begin(to);
    await this.#record.change({ savePath: to, ...(!isWaiting && { directory: to }), ...this.#noted });
    if (!isWaiting && to !== directory) await this.#run.engine?.setDirectory(to);
    this.#services.events.emit('torrent.moved', { hash: this.#record.value.hash, from: savePath, to });
  }

  /** Brings data from the folder for what is not complete to the save path, once it is complete. Never rejects. */
  async settle(): Promise<void> {
    const { directory, savePath, completedAt } = this.#record.value;
    const { state } = this.#run;
    if (directory === savePath || completedAt === null || state?.kind !== 'seeding' || this.isMoving) return;
    if (this.#removal !== null) return;
    await this.#begin(savePath).catch((error: unknown) => this.#fail(savePath, error));
  }

  /** After a crash: goes on with a move that had begun. The engine has found the data where it is. */
  resume(): void {
    const { pending } = this.#record.value;
    if (pending?.kind === 'move') this.#start(pending.to, pending.back);
  }

  /** The program ends: what fails from now on is not given up, but gone on with at the next start. */
  close(): void {
    this.#isClosed = true;
  }

  /** Rejects CLIENT_NO_METADATA, CLIENT_NO_SUCH_FILE, CLIENT_BAD_NAME, CLIENT_TORRENT_BUSY, STORAGE_*. */
  rename(path: string, name: string): Promise<void> {
    const renaming = this.#renaming.then(() => this.#rename(path, name));
    this.#renaming = renaming.catch(() => {});
    return renaming;
  }

  async #rename(path: string, name: string): Promise<void> {
    if (this.isMoving) throw this.#busy();
    const { engine, metainfo } = this.#run;
    if (engine === null || metainfo === null) {
      throw clientError('CLIENT_NO_METADATA', 'the files of the torrent are not known yet');
    }
    const { choices } = this.#record.value;
    // Pads lie nowhere.
    const files = new Map([...metainfo.info.files.entries()].filter(([, { isPad }]) => !isPad));
    const now = new Map(Array.from(files, ([i, file]) => [i, choices.paths.get(i) ?? file.path] as const));
    const paths = renamedPaths(now, path, name);
    for (const [i, file] of files) if (sameText(paths.get(i), file.path)) paths.delete(i);
    await this.#record.change({ choices: { ...choices, paths } });
    try {
      await engine.setPaths(paths);
    } catch (error) {
      await this.#record.change({ choices: { ...this.#record.value.choices, paths: choices.paths } });
      throw error;
    }
  }

  /** It is being removed: that stays to be done, whatever becomes of a move. */
  get #removal(): TorrentRecord['pending'] {
    const { pending } = this.#record.value;
    return pending?.kind === 'remove' ? pending : null;
  }

  /** What the record says of the last move. */
  get #noted(): Pick<TorrentRecord, 'choices'> {
    return { choices: { ...this.#record.value.choices, moveProblem: this.#problem } };
  }

  async #begin(to: string): Promise<void> {
    const back = this.#record.value.savePath;
    const noted = this.#record.change({ pending: { kind: 'move', to, back }, savePath: to });
    this.#start(to, back, noted);
    await noted;
  }

  /** `noted`: what must have been stored before; when it is not, nothing is moved. */
  #start(to: string, back: string, noted: Promise<void> = Promise.resolve()): void {
    this.#progress = 0;
    const move = noted.then(
      () => this.#move(to, back),
      () => {}, // Told to whoever has begun.
    );
    this.#moving = move.finally(() => {
      this.#moving = null;
      this.#owner.changed();
    });
    this.#owner.changed();
  }

  /** Never rejects: a move that fails leaves the torrent where it is. */
  async #move(to: string, back: string): Promise<void> {
    const { hash, name, directory: from } = this.#record.value;
    try {
      if (from !== to) {
        const onProgress = (done: number, total: number): void => {
          this.#progress = total > 0 ? done / total : 1;
          this.#owner.changed();
        };
        await this.#run.engine?.move(to, { onProgress });
      }
      this.#problem = null;
      await this.#record.note({ pending: this.#removal, directory: to, ...this.#noted });
      this.#services.events.emit('torrent.moved', { hash, from, to });
    } catch (error) {
      if (this.#isClosed) return;
      this.#fail(to, error);
      await this.#record.note({ pending: this.#removal, savePath: back, ...this.#noted }).catch((cause: unknown) => {
        this.#services.logger.error('could not store that a move failed', { name, reason: messageOf(cause) });
      });
    }
  }

  /** Told once: it may be tried again each minute. */
  #fail(to: string, error: unknown): void {
    const { hash, name, directory: from } = this.#record.value;
    const [code, reason] = [codeOf(error) ?? 'UNKNOWN', messageOf(error)];
    const message = `could not be moved to ${to}: ${reason}`;
    const isAgain = this.#problem?.code === code;
    this.#problem = { code, message };
    this.#owner.changed();
    if (isAgain) return;
    this.#services.logger.error('could not move a torrent', { name, from, to, code, reason });
    this.#services.events.emit('torrent.move-failed', { hash, name, from, to, code, message });
  }

  #busy(): Error {
    return clientError('CLIENT_TORRENT_BUSY', `${this.#record.value.name} is being moved`);
  }
}

type Paths = Map<FileIndex, readonly string[]>;

const sameText = (a: readonly string[] | undefined, b: readonly string[]): boolean => a?.join('/') === b.join('/');

/** The paths after `path`, a file or a folder, has got another name for its last element. */
function renamedPaths(now: ReadonlyMap<FileIndex, readonly string[]>, path: string, name: string): Paths {
  mustBeFileName(name);
  const from = path.split('/').filter((element) => element !== '');
  const isMeant = (of: readonly string[]): boolean => from.every((element, i) => of[i] === element);
  const paths: Paths = new Map();
  const others = new Set<string>();
  let isFound = false;
  for (const [i, of] of now) {
    if (from.length > 0 && isMeant(of)) {
      isFound = true;
      paths.set(i, [...of.slice(0, from.length - 1), name, ...of.slice(from.length)]);
    } else {
      paths.set(i, of);
      for (let length = 1; length <= of.length; length++) others.add(of.slice(0, length).join('/').toLowerCase());
    }
  }
  if (!isFound) throw clientError('CLIENT_NO_SUCH_FILE', `the torrent has no ${path}`);
  const to = [...from.slice(0, -1), name].join('/');
  if (others.has(to.toLowerCase())) throw clientError('CLIENT_BAD_NAME', `the torrent has a ${to} already`);
  return paths;
}
