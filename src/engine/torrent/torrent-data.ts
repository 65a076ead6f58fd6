/**
 * The data of one torrent: where it lies and which files are wanted; it is opened and checked here, made to survive a
 * power cut while it grows, moved, and let go of. Between a pause and the next start it stays open; after a failure it
 * is opened anew, for what the storage knew may no longer be true.
 */
import type { Bitfield } from '../../base/bitfield.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { FileIndex } from '../../base/units.ts';
import { type FileEntry, Geometry, type Metainfo } from '../../codec/metainfo/index.ts';
import { type FilePaths, type MoveOptions, type PieceHashes, renamedFiles, type Storage } from '../../storage/index.ts';
import { engineError } from '../errors.ts';
import type { TorrentOptions } from '../session/options.ts';
import { OpenContent } from './content.ts';
import { DataFlush } from './data-flush.ts';
import { FilePlaces, type FilesPlace } from './file-places.ts';
import { addPadPieces } from './pad-pieces.ts';
import { Selection } from './selection.ts';
import type { TorrentServices } from './torrent-services.ts';

/** What becomes of the data of a torrent that ends. */
export interface RemoveOptions {
  /** Its files go as well. */
  readonly deleteData?: boolean;
  /** What is known of its data is forgotten: added again, it is checked, and nobody misses what is gone by then. */
  readonly isForgotten?: boolean;
}

export interface CloseOptions extends RemoveOptions {
  /** Files that stay though the data is deleted. */
  readonly kept?: ReadonlySet<FileIndex>;
}

/** What the data tells its torrent. */
export interface TorrentDataPort {
  /** Data that is there is being hashed: so many pieces of so many are done. */
  checking(done: number, total: number): void;
  /** What was stored would not survive a power cut. */
  notFlushed(error: unknown): void;
  /** Other torrents have files, or may have, where this one says that its renamed files lie. */
  readonly areOwnPathsTaken: () => boolean;
}

/** What is known of the data before it is opened. */
interface Described {
  readonly metainfo: Metainfo;
  readonly geometry: Geometry;
  readonly selection: Selection;
  readonly layers: OpenContent['layers'];
}

/** Of torrents without v2, which never get any. */
const noLayers: Map<string, Uint8Array> = new Map();
const noPaths: FilePaths = new Map();

export class TorrentData {
  readonly #options: TorrentOptions;
  readonly #services: TorrentServices;
  readonly #port: TorrentDataPort;
  // Made when first needed: thousands of torrents only seed.
  #flush: DataFlush | null = null;
  #untilClosed: AbortController | null = null;
  #places: FilePlaces;
  /** Null once it was asked. */
  #locate: NonNullable<TorrentOptions['locate']> | null;
  #isFirstLast: boolean;
  #described: Described | null = null;
  #content: OpenContent | null = null;
  /** That of the content while it is open. */
  #storage: Storage | null = null;
  /** Settled when nobody is opening the data. */
  #opening: Promise<unknown> = Promise.resolve();
  /** All pieces are to be hashed when the data is opened next. */
  #mustCheck: boolean;
  #trustsData: boolean;
  /** The storage is to be opened anew. */
  #isStale = false;
  /** There is something that may be its data. */
  #isInDoubt = false;

  constructor(options: TorrentOptions, services: TorrentServices, port: TorrentDataPort) {
    this.#options = options;
    this.#services = services;
    this.#port = port;
    this.#places = new FilePlaces(null, { directory: options.directory, paths: options.paths ?? noPaths });
    this.#locate = options.locate ?? null;
    this.#isFirstLast = options.isFirstLast === true;
    this.#mustCheck = options.mustCheck === true;
    this.#trustsData = options.trustsData === true;
  }

  /**
   * Null until it was opened for the first time; after a failure what was known before. Only when `open` has resolved is
   * it known what is there.
   */
  get content(): OpenContent | null {
    return this.#content;
  }

  /** Data of it is there, or may be: it was not looked at or not checked yet. */
  get mayBeThere(): boolean {
    return this.#content?.isEmpty !== true || this.#isInDoubt;
  }

  /** The metadata is known. */
  get isDescribed(): boolean {
    return this.#described !== null;
  }

  /** Which files are wanted; null until the metadata is known. */
  get selection(): Selection | null {
    return this.#described?.selection ?? null;
  }

  /** Where the files lie. */
  get places(): FilePlaces {
    return this.#places;
  }

  /** The metadata is known. */
  describe(metainfo: Metainfo): void {
    const geometry = new Geometry(metainfo.info);
    const { select, priorities } = this.#options;
    const selection = new Selection(geometry, { ...(select && { select }), ...(priorities && { priorities }) });
    selection.isFirstLast = this.#isFirstLast;
    const layers = metainfo.info.hasV2 ? new Map(metainfo.pieceLayers) : noLayers;
    this.#described = { metainfo, geometry, selection, layers };
    this.#places = new FilePlaces(geometry, this.#places);
  }

  /** The next `open` hashes all data that is there, whatever the journal says, and takes what is gone for gone. */
  forceCheck(): void {
    this.#mustCheck = true;
    this.#isStale = true;
  }

  /** Something went wrong: the next `open` looks at what is there anew. */
  distrust(): void {
    this.#isStale = true;
  }

  /**
   * Opens the data, once an earlier attempt, if any, has ended, finds out what is there and hashes what is in doubt. Then
   * it is asked whether it should be made ready to be written.
   */
  open(signal: AbortSignal, isStarting: () => boolean): Promise<OpenContent> {
    return this.#inTurn(signal, async () => {
      const content = await this.#opened();
      await this.#examine(content, signal);
      if (isStarting()) await content.storage.prepare({ signal });
      return content;
    });
  }

  /** Opens the data and tells what is known to be there; hashes nothing. */
  look(): Promise<void> {
    return this.#inTurn(this.#closing.signal, async () => {
      const content = await this.#opened();
      const { have, suspect } = await content.storage.resume();
      this.#isInDoubt = !suspect.isEmpty;
      for (const piece of have) content.have.add(piece);
      addPadPieces(content, this.#services.digests);
    });
  }

  /** Resolves when nobody is opening the data. */
  async idle(): Promise<void> {
    await this.#opening;
  }

  /** Throws ENGINE_NO_METADATA, ENGINE_BAD_FILE_INDEX. */
  file(index: FileIndex): FileEntry {
    const file = this.#known().geometry.files[index];
    if (file === undefined) throw engineError('ENGINE_BAD_FILE_INDEX', `there is no file ${index}`);
    return file;
  }

  /** The selection, to be changed for these files. Throws ENGINE_NO_METADATA, ENGINE_BAD_FILE_INDEX. */
  selectionOf(files: readonly FileIndex[]): Selection {
    for (const file of files) this.file(file);
    return this.#known().selection;
  }

  /** Other files are wanted. */
  async selectionChanged(): Promise<void> {
    if (this.#storage === null) await this.#opening;
    await this.#storage?.select(this.#known().selection.files);
  }

  setFirstLast(isFirstLast: boolean): void {
    this.#isFirstLast = isFirstLast;
    if (this.#described !== null) this.#described.selection.isFirstLast = isFirstLast;
  }

  /** Moves the files; see `Storage.move`. */
  async move(directory: string, options: MoveOptions = {}): Promise<void> {
    if (this.#storage === null) await this.#opening;
    if (this.#storage === null && this.#described !== null) await this.look();
    const storage = this.#storage;
    if (storage === null) {
      this.#places = this.#places.at({ directory });
      return;
    }
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])];
    try {
      await storage.move(directory, { ...options, signal: AbortSignal.any(signals) });
    } finally {
      this.#places = this.#places.at({ directory: storage.directory });
    }
  }

  /**
   * The files are expected in another folder or at other paths, and hashed there, once the torrent rests; who opens the data
   * meanwhile waits. What was known of other folders is forgotten: a note there that the files went on would lead away from
   * this one, and cost what lies in it.
   */
  setPlace(place: Partial<FilesPlace>, rest: Promise<void>): Promise<void> {
    this.#opening = Promise.all([this.#opening, rest]);
    return this.#inTurn(this.#closing.signal, async () => {
      await this.#forget().catch((error: unknown) => this.#logFailure(error, 'could not forget where files were'));
      this.#storage = null;
      this.#content = null;
      this.#places = this.#places.at(place);
    });
  }

  /** Throws ENGINE_NO_METADATA, ENGINE_BAD_FILE_INDEX, STORAGE_BAD_PATH. */
  refuseBadPaths(paths: FilePaths): void {
    for (const file of paths.keys()) this.file(file);
    renamedFiles(this.#known().geometry, paths);
  }

  /** Renames files, whose paths are none that were refused; see `Storage.rename`. */
  async setPaths(paths: FilePaths): Promise<void> {
    if (this.#storage === null) await this.#opening;
    await this.#storage?.rename(paths);
    this.#places = this.#places.at({ paths });
  }

  pieceStored(): void {
    this.#flushes.pieceStored();
  }

  /** Nothing that is wanted is missing any more. */
  completed(): void {
    this.#flushes.completed();
  }

  /** Rejects when the data is gone from where it lay. */
  async checkFolder(): Promise<void> {
    await this.#storage?.checkFolder();
  }

  /** Makes what was stored survive a power cut. A failure changes nothing: after one the pieces are hashed again. */
  async tryFlush(): Promise<void> {
    await this.#flushes.now();
  }

  /** Lets go of the files, forgets or deletes them. A move under way is taken back. */
  async close({ deleteData = false, isForgotten = false, kept }: CloseOptions): Promise<void> {
    this.#closing.abort(engineError('ENGINE_CLOSED', 'the torrent was closed'));
    await this.#opening;
    this.#flush?.cancel();
    if (deleteData) await this.#delete(kept);
    else if (isForgotten) await this.#forget();
    else await this.#letGo();
  }

  /** Also what was not looked at yet, or what could not be used. */
  async #delete(kept?: ReadonlySet<FileIndex>): Promise<void> {
    if (this.#isNowhere) return;
    try {
      await (await this.#opened()).storage.delete(kept);
    } catch (error) {
      if (codeOf(error) !== 'STORAGE_MISSING') throw error;
      // Folders may be left by a deletion that was cut short, and the journal.
      this.#isStale = true;
      this.#mustCheck = true;
      await (await this.#opened()).storage.delete(kept);
    }
  }

  /** Also what is missing. */
  async #forget(): Promise<void> {
    if (this.#isNowhere) return;
    this.#mustCheck = true;
    await (await this.#opened()).storage.abandon();
  }

  get #closing(): AbortController {
    this.#untilClosed ??= new AbortController();
    return this.#untilClosed;
  }

  /** Nobody knows its files yet, or where they lie: what is found there by now may be that of others. */
  get #isNowhere(): boolean {
    return this.#described === null || this.#locate !== null;
  }

  #known(): Described {
    if (this.#described !== null) return this.#described;
    throw engineError('ENGINE_NO_METADATA', 'the files of the torrent are not known yet');
  }

  /** Few torrents are opened at the same time, and none twice. */
  #inTurn<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const turn = this.#opening.then(() => this.#services.opening.run(task, signal));
    this.#opening = turn.catch(() => {});
    return turn;
  }

  async #opened(): Promise<OpenContent> {
    if (this.#content !== null && this.#storage !== null && !this.#isStale) return this.#content;
    const { metainfo, geometry, selection, layers } = this.#known();
    await this.#letGo();
    await this.#locateFiles(metainfo);
    const { info, infoHashes } = metainfo;
    const { allocation = 'sparse', isSeedOnly } = this.#options;
    const storage = await this.#services.storage.open(geometry, {
      directory: this.#places.directory,
      infoHashes,
      contentKey: info.seal?.contentKey ?? null,
      selection: selection.files,
      allocation,
      isWritable: isSeedOnly !== true,
      paths: this.#places.paths,
      areOwnPathsTaken: this.#port.areOwnPathsTaken,
      trustsData: this.#trustsData && !this.#mustCheck,
      ignoresJournal: this.#mustCheck,
    });
    this.#places = this.#places.at({ directory: storage.directory });
    this.#isStale = false;
    this.#storage = storage;
    this.#content = new OpenContent({ metainfo, geometry, selection }, storage, layers);
    return this.#content;
  }

  async #locateFiles(metainfo: Metainfo): Promise<void> {
    if (this.#locate === null) return;
    const { directory, paths } = await this.#locate(metainfo, this.#places.directory);
    this.#locate = null;
    this.#places = this.#places.at({ directory, paths: new Map([...paths, ...this.#places.paths]) });
  }

  /** Finds out which pieces are there. */
  async #examine(content: OpenContent, signal: AbortSignal): Promise<void> {
    const { have, suspect } = await content.storage.resume();
    this.#isInDoubt = !suspect.isEmpty;
    signal.throwIfAborted();
    for (const piece of have) content.have.add(piece);
    if (!suspect.isEmpty) await this.#check(content, suspect, signal);
    addPadPieces(content, this.#services.digests);
    signal.throwIfAborted();
    this.#mustCheck = false;
    this.#trustsData = false;
    this.#isInDoubt = false;
  }

  async #check(content: OpenContent, doubtful: Bitfield, signal: AbortSignal): Promise<void> {
    const known = doubtful.clone();
    for (const piece of doubtful) if (content.hashesOf(piece) === null) known.delete(piece);
    const total = known.count;
    this.#port.checking(0, total);
    const good = await content.storage.checkAll(known, (piece) => content.hashesOf(piece) as PieceHashes, {
      signal,
      onProgress: (done: number) => {
        if (!signal.aborted) this.#port.checking(done, total);
      },
    });
    for (const piece of good) content.have.add(piece);
    if (!good.isEmpty) this.#flushes.piecesFound();
  }

  /** Closes the storage; what it has to say last is only logged. */
  async #letGo(): Promise<void> {
    const storage = this.#storage;
    this.#storage = null;
    await storage?.close().catch((error: unknown) => this.#logFailure(error));
  }

  get #flushes(): DataFlush {
    this.#flush ??= new DataFlush(this.#services.clock, {
      flush: () => this.#flushStorage(),
      failed: (error) => (this.#isStale ? this.#logFailure(error) : this.#port.notFlushed(error)),
      failedLately: (error) => this.#logFailure(error),
    });
    return this.#flush;
  }

  async #flushStorage(): Promise<void> {
    const storage = this.#storage;
    await storage?.flush().catch((error: unknown) => {
      // One that is let go meanwhile flushes as it closes, and says itself what comes of that.
      if (this.#storage === storage) throw error;
    });
  }

  #logFailure(error: unknown, what = 'could not flush'): void {
    const name = this.#described?.metainfo.info.name;
    this.#services.logger.error(what, { name, error: messageOf(error) });
  }
}
