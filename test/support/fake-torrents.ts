/** Test support: the torrents of a fake client. */
import { fromHex } from '../../src/base/bytes.ts';
import type { ClientEvents, EventName } from '../../src/app/client/event-log.ts';
import { defaultTorrentSettings } from '../../src/app/client/torrent-settings.ts';
import type {
  Added,
  ManagedTorrent,
  RemovalFailure,
  NewTorrent,
  NewTorrentSource,
  QueueMove,
  TorrentChanges,
  Torrents,
} from '../../src/app/client/torrents.ts';
import { decodeMagnet } from '../../src/codec/metainfo/index.ts';
import {
  type FakeSource,
  FakeTorrent,
  refusedOf,
  type SampleOptions,
  sampleTorrentFile,
  sourceOfFile,
} from './fake-torrent.ts';

/** Before the first change of a run. */
const FIRST_REVISION = 1_000_000;

export interface FakeTorrentsOwner {
  emit<K extends EventName>(name: K, data: ClientEvents[K]): void;
  allowedPath(path: string): string;
  defaultPath(category: string): string;
  /** Makes the category when there is none of this name. */
  takeIn(category: string): void;
}

export class FakeTorrents implements Torrents {
  readonly #owner: FakeTorrentsOwner;
  readonly #byHash = new Map<string, FakeTorrent>();
  #queue: FakeTorrent[] = [];
  #revision = FIRST_REVISION;
  #lastId = 0;
  readonly #removed: { readonly id: number; readonly hash: string; readonly revision: number }[] = [];
  /** Hashes of torrents whose data was deleted. */
  readonly deleted: string[] = [];

  constructor(owner: FakeTorrentsOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#queue.length;
  }

  /** Puts a torrent in without waiting. */
  addSample(options: SampleOptions = {}): FakeTorrent {
    return this.#put(sourceOfFile(sampleTorrentFile(options)), {});
  }

  all(): readonly FakeTorrent[] {
    return this.#queue;
  }

  find(key: number | string): FakeTorrent | null {
    if (typeof key === 'number') return this.#queue.find(({ id }) => id === key) ?? null;
    const hash = key.toLowerCase();
    return this.#byHash.get(hash) ?? this.#byHash.get(hash.slice(0, hash.length === 64 ? 40 : 0)) ?? null;
  }

  changes(since: number): TorrentChanges {
    const revision = this.#revision;
    const isFull = since < FIRST_REVISION || since > revision;
    const changed = isFull ? this.#queue : this.#queue.filter((torrent) => torrent.revision > since);
    const removed = isFull ? [] : this.#removed.filter((gone) => gone.revision > since);
    return { revision, isFull, changed, removed: removed.map(({ id, hash }) => ({ id, hash })) };
  }

  async add(torrent: NewTorrent): Promise<Added> {
    const source = sourceOf(torrent.source);
    const hash = (source.infoHashes.v1 ?? source.infoHashes.v2) as Uint8Array;
    const known = this.find(Buffer.from(hash).toString('hex').slice(0, 40));
    const refused = refusedOf(torrent.peers ?? []);
    if (known !== null) return { torrent: known, isDuplicate: true, refused };
    const added = this.#put(source, torrent);
    if (torrent.isFirst === true) await this.moveInQueue([added], 'top');
    return { torrent: added, isDuplicate: false, refused };
  }

  async remove(
    torrents: readonly ManagedTorrent[],
    options: { readonly deleteData?: boolean } = {},
  ): Promise<readonly RemovalFailure[]> {
    for (const { id, hash } of torrents) {
      const torrent = this.#byHash.get(hash);
      if (torrent === undefined) continue;
      this.#byHash.delete(hash);
      this.#queue = this.#queue.filter((one) => one !== torrent);
      this.#removed.push({ id, hash, revision: ++this.#revision });
      const isDataDeleted = options.deleteData === true;
      if (isDataDeleted) this.deleted.push(hash);
      this.#owner.emit('torrent.removed', { hash, name: torrent.view().name, isDataDeleted });
    }
    this.#number();
    return [];
  }

  async moveInQueue(torrents: readonly ManagedTorrent[], to: QueueMove): Promise<void> {
    const moved = this.#queue.filter((one) => torrents.includes(one));
    const rest = this.#queue.filter((one) => !moved.includes(one));
    const first = this.#queue.indexOf(moved[0] as FakeTorrent);
    const places = { top: 0, bottom: rest.length, up: first - 1, down: first + 1 };
    const place = typeof to === 'object' ? to.position : places[to];
    const at = Math.max(0, Math.min(rest.length, place));
    this.#queue = [...rest.slice(0, at), ...moved, ...rest.slice(at)];
    this.#number();
  }

  #put(
    source: Pick<FakeSource, 'infoHashes' | 'metainfo' | 'bytes' | 'name' | 'trackers'>,
    options: Partial<NewTorrent>,
  ): FakeTorrent {
    const settings = { ...defaultTorrentSettings, ...options.settings };
    const savePath = this.#owner.allowedPath(options.savePath ?? this.#owner.defaultPath(settings.category));
    this.#owner.takeIn(settings.category);
    const torrent = new FakeTorrent(
      ++this.#lastId,
      {
        ...source,
        savePath,
        settings,
        name: options.name ?? source.name,
        trackers: [...source.trackers, ...(options.trackers ?? [])],
      },
      {
        touched: () => ++this.#revision,
        emit: (name, data) => this.#owner.emit(name, data),
        allowedPath: (path) => this.#owner.allowedPath(path),
      },
    );
    torrent.set({ queuePosition: this.#queue.length, ...(options.isStopped === true && { state: 'stopped' }) });
    const priorities = new Map(options.priorities);
    if (options.select !== undefined) {
      for (const { index } of torrent.files()) if (!options.select.includes(index)) priorities.set(index, 0);
    }
    if (priorities.size > 0) void torrent.setPriorities(priorities);
    for (const [index, path] of options.paths ?? []) torrent.placeFile(index, path.join('/'));
    if (options.peers !== undefined) void torrent.addPeers(options.peers);
    if (options.isCheckSkipped === true) torrent.setProgress(1);
    this.#byHash.set(torrent.hash, torrent);
    this.#queue.push(torrent);
    this.#owner.emit('torrent.added', { hash: torrent.hash, name: torrent.view().name });
    return torrent;
  }

  #number(): void {
    for (const [queuePosition, torrent] of this.#queue.entries()) {
      if (torrent.view().queuePosition !== queuePosition) torrent.set({ queuePosition });
    }
  }
}

function sourceOf(
  source: NewTorrentSource,
): Pick<FakeSource, 'infoHashes' | 'metainfo' | 'bytes' | 'name' | 'trackers'> {
  if (typeof source === 'string') return sourceOfText(source);
  if (source instanceof Uint8Array) return sourceOfFile(source);
  const { metainfo } = source;
  return {
    infoHashes: metainfo.infoHashes,
    metainfo,
    bytes: null,
    name: metainfo.info.name,
    trackers: metainfo.trackers,
  };
}

function sourceOfText(text: string): Pick<FakeSource, 'infoHashes' | 'metainfo' | 'bytes' | 'name' | 'trackers'> {
  const v2 = /^[0-9a-f]{64}$/i.test(text) ? fromHex(text) : null;
  const link = v2 === null && !text.startsWith('magnet:') ? `magnet:?xt=urn:btih:${text}` : text;
  const { infoHashes, name, trackers } =
    v2 === null ? decodeMagnet(link) : { infoHashes: { v1: null, v2 }, name: null, trackers: [] };
  const hash = Buffer.from((infoHashes.v1 ?? infoHashes.v2) as Uint8Array).toString('hex');
  return { infoHashes, metainfo: null, bytes: null, name: name ?? hash, trackers: trackers.map((url) => [url]) };
}
