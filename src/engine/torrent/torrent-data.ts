/**
 * The data of one torrent: it is opened and checked here, made to survive a power cut while it grows, and let go of.
 * Between a pause and the next start it stays open.
 */
import { Bitfield } from '../../base/bitfield.ts';
import { messageOf } from '../../base/errors.ts';
import type { FileIndex, Millis } from '../../base/units.ts';
import { Geometry, type Metainfo, pieceHashes } from '../../codec/metainfo/index.ts';
import type { PieceHashes } from '../../storage/index.ts';
import { engineError } from '../errors.ts';
import type { TorrentOptions } from '../session/options.ts';
import type { OpenContent } from './content.ts';
import { Selection } from './selection.ts';
import type { TorrentServices } from './torrent-services.ts';

/** What the data tells its torrent. */
export interface TorrentDataPort {
  /** Data that is there is being hashed: so many pieces of so many are done. */
  checking(done: number, total: number): void;
  /** What was stored would not survive a power cut. */
  notFlushed(error: unknown): void;
}

/** A piece that was stored, or found by a check, waits at most so long until it is made to survive a power cut, ms. */
const FLUSH_INTERVAL: Millis = 30_000;
/** The same for the last piece: whoever waits for the torrent is told first, ms. */
const FLUSH_AT_END: Millis = 1000;

export class TorrentData {
  readonly #options: TorrentOptions;
  readonly #services: TorrentServices;
  readonly #port: TorrentDataPort;
  #content: OpenContent | null = null;
  /** Settled when nobody is opening the data. */
  #opening: Promise<unknown> = Promise.resolve();
  /** All pieces are to be hashed when the data is opened next. */
  #mustCheck: boolean;
  /** The flush to come; null while nothing was stored or found since the last one. */
  #nextFlush: Disposable | null = null;
  /** Settled when no such flush is under way: they take turns. */
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: TorrentOptions, services: TorrentServices, port: TorrentDataPort) {
    this.#options = options;
    this.#services = services;
    this.#port = port;
    this.#mustCheck = options.mustCheck === true;
  }

  /** Null until it was opened for the first time. Only when `open` has resolved is it known what is there. */
  get content(): OpenContent | null {
    return this.#content;
  }

  /** The next `open` hashes all data that is there. */
  forceCheck(): void {
    this.#mustCheck = true;
  }

  /** Opens the data and finds out what is there, once an earlier attempt, if any, has ended. */
  open(metainfo: Metainfo, signal: AbortSignal): Promise<OpenContent> {
    const opening = this.#opening.then(() =>
      this.#services.opening.run(async () => {
        this.#content ??= await this.#openStorage(metainfo, signal);
        await this.#examine(this.#content, signal);
        return this.#content;
      }, signal),
    );
    this.#opening = opening.catch(() => {});
    return opening;
  }

  /** The content once it is open; rejects when there is none, or none of these files in it. */
  async opened(files: readonly FileIndex[]): Promise<OpenContent> {
    if (this.#content === null) await this.#opening;
    const content = this.#content;
    if (content === null) throw engineError('ENGINE_NO_METADATA', 'the files of the torrent are not known yet');
    const bad = files.find((file) => content.geometry.files[file] === undefined);
    if (bad !== undefined) throw engineError('ENGINE_BAD_FILE_INDEX', `there is no file ${bad}`);
    return content;
  }

  pieceStored(): void {
    this.#flushWithin(FLUSH_INTERVAL);
  }

  /** Nothing that is wanted is missing any more. */
  completed(): void {
    this.#nextFlush?.[Symbol.dispose]();
    this.#nextFlush = null;
    this.#flushWithin(FLUSH_AT_END);
  }

  /** Makes what was stored survive a power cut. A failure changes nothing: after one the pieces are hashed again. */
  async tryFlush(): Promise<void> {
    try {
      await this.#flush();
    } catch (error) {
      this.#logFailure(error);
    }
  }

  /** Lets go of the files, or deletes them. */
  async close({ deleteData = false }: { deleteData?: boolean }): Promise<void> {
    await this.#opening;
    this.#nextFlush?.[Symbol.dispose]();
    const storage = this.#content?.storage;
    if (deleteData) await storage?.delete();
    else await storage?.close().catch((error: unknown) => this.#logFailure(error));
  }

  async #openStorage(metainfo: Metainfo, signal: AbortSignal): Promise<OpenContent> {
    const { info, infoHashes } = metainfo;
    const geometry = new Geometry(info);
    const { select, priorities, directory, allocation = 'sparse', isSeedOnly } = this.#options;
    const selection = new Selection(geometry, { ...(select && { select }), ...(priorities && { priorities }) });
    const isWritable = isSeedOnly !== true;
    const contentKey = info.seal?.contentKey ?? null;
    const options = { directory, infoHashes, contentKey, selection: selection.files, allocation, isWritable, signal };
    const storage = await this.#services.storage.open(geometry, options);
    const layers = new Map(metainfo.pieceLayers);
    const hashesOf = (piece: number): PieceHashes | null => {
      const hashes = pieceHashes(info, layers, piece);
      return hashes.sha1 === null && hashes.merkle === null ? null : hashes;
    };
    return { metainfo, geometry, selection, layers, have: new Bitfield(geometry.pieceCount), storage, hashesOf };
  }

  /** Finds out which pieces are there. */
  async #examine(content: OpenContent, signal: AbortSignal): Promise<void> {
    const { have, suspect } = await content.storage.resume();
    signal.throwIfAborted();
    if (this.#mustCheck) content.have.clear();
    else for (const piece of have) content.have.add(piece);
    const doubtful = this.#mustCheck ? Bitfield.full(content.geometry.pieceCount) : suspect;
    if (!doubtful.isEmpty) await this.#check(content, doubtful, signal);
    signal.throwIfAborted();
    this.#mustCheck = false;
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
    // A power cut before costs another check; a sync at once would hold up the torrents that wait to be opened.
    if (!good.isEmpty) this.#flushLater(FLUSH_INTERVAL, () => this.tryFlush());
  }

  /** Makes what was stored survive a power cut; the port learns of a failure. */
  #flushWithin(delay: Millis): void {
    this.#flushLater(delay, () => this.#flush().catch((error: unknown) => this.#port.notFlushed(error)));
  }

  #flushLater(delay: Millis, flush: () => Promise<void>): void {
    this.#nextFlush ??= this.#services.clock.after(delay, () => {
      this.#flushing = this.#flushing.then(flush);
    });
  }

  async #flush(): Promise<void> {
    this.#nextFlush?.[Symbol.dispose]();
    this.#nextFlush = null;
    await this.#content?.storage.flush();
  }

  #logFailure(error: unknown): void {
    const name = this.#content?.metainfo.info.name;
    this.#services.logger.error('could not flush', { name, error: messageOf(error) });
  }
}
