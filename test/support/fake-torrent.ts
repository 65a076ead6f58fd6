/** Test support: a torrent that is only what a test says of it. Nothing is transferred; all that is asked for happens at once. */
import { addressKey, type PeerAddress } from '../../src/base/address.ts';
import { Bitfield } from '../../src/base/bitfield.ts';
import { toHex } from '../../src/base/bytes.ts';
import { DstError } from '../../src/base/errors.ts';
import { seededRandom } from '../../src/base/random.ts';
import { clientErrors } from '../../src/app/client/errors.ts';
import type { Diagnosis } from '../../src/app/client/diagnosis.ts';
import type { ClientEvents, EventName } from '../../src/app/client/event-log.ts';
import { defaultTorrentSettings, type TorrentSettings } from '../../src/app/client/torrent-settings.ts';
import type { FileView, PeerView, TorrentView, TrackerView } from '../../src/app/client/torrent-view.ts';
import type {
  FileReader,
  ManagedTorrent,
  PieceMap,
  RefusedPeer,
  TorrentChange,
} from '../../src/app/client/torrents.ts';
import { type Encodable, encode } from '../../src/codec/bencode/index.ts';
import { decodeMetainfo, encodeMagnet, type InfoHashes, type Metainfo } from '../../src/codec/metainfo/index.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';

export const FAKE_NOW = 1_800_000_000;

export const clientFault = (code: keyof typeof clientErrors, message: string): DstError =>
  new DstError(code, clientErrors[code], message);

export interface SampleOptions {
  readonly name?: string;
  /** Sizes by path below the torrent's folder, `.pad/…` a pad; default: one file of 1,000,000 bytes without a folder. */
  readonly files?: Readonly<Record<string, number>>;
  readonly pieceLength?: number;
  readonly trackers?: readonly (readonly string[])[];
  readonly isPrivate?: boolean;
  readonly comment?: string;
}

/** A valid torrent file (v1) whose piece hashes are made up. */
export function sampleTorrentFile(options: SampleOptions = {}): Uint8Array {
  const { name = 'sample', files, pieceLength = 65_536, trackers = [['http://tracker.example/announce']] } = options;
  const sizes = files === undefined ? [1_000_000] : Object.values(files);
  const length = sizes.reduce((sum, size) => sum + size, 0);
  const seed = [...name].reduce((sum, character) => (Math.imul(sum, 31) + character.charCodeAt(0)) | 0, 7);
  const info: Record<string, Encodable> = {
    name,
    'piece length': pieceLength,
    pieces: seededRandom(seed).bytes(20 * Math.ceil(length / pieceLength)),
    ...(options.isPrivate === true && { private: 1 }),
    ...(files === undefined
      ? { length }
      : { files: Object.entries(files).map(([path, size]) => sampleFile(path.split('/'), size)) }),
  };
  return encode({
    info,
    'announce-list': trackers.map((tier) => [...tier]),
    'created by': 'a test',
    'creation date': FAKE_NOW - 86_400,
    ...(options.comment !== undefined && { comment: options.comment }),
  });
}

const sampleFile = (path: readonly string[], length: number): Record<string, Encodable> => ({
  ...(path[0] === '.pad' && { attr: 'p' }),
  length,
  path: [...path],
});

/** The byte of a file of a fake torrent at an offset. */
const fakeByte = (file: number, offset: number): number => (file * 7 + offset * 31 + (offset >>> 8)) & 0xff;

export function fakeContent(file: number, from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: Math.max(0, to - from) }, (_, i) => fakeByte(file, from + i));
}

/** Of peers those on this machine. */
export const refusedOf = (peers: readonly PeerAddress[]): readonly RefusedPeer[] =>
  peers
    .filter(({ host }) => host.startsWith('127.'))
    .map((address) => ({ address, reason: 'not in `api.privateRanges`' }));

/** What a fake torrent needs of its client. */
export interface FakeOwner {
  /** Gives the next revision. */
  touched(): number;
  emit<K extends EventName>(name: K, data: ClientEvents[K]): void;
  /** The path in its shortest form; throws CLIENT_PATH_REFUSED. */
  allowedPath(path: string): string;
}

export interface FakeSource {
  readonly infoHashes: InfoHashes;
  readonly metainfo: Metainfo | null;
  readonly bytes: Uint8Array | null;
  readonly name: string;
  readonly trackers: readonly (readonly string[])[];
  readonly savePath: string;
  readonly settings: TorrentSettings;
}

export class FakeTorrent implements ManagedTorrent {
  readonly id: number;
  readonly hash: string;
  readonly infoHashes: InfoHashes;
  metainfo: Metainfo | null;
  revision: number;
  /** What `peers()` and `why()` answer; tests may put in others. */
  peerList: PeerView[];
  diagnosis: Diagnosis = { summary: 'All is well.', findings: [] };
  /** Readers wait at this byte of the file; null: everything is there. */
  holdsAt: number | null = null;
  /** Readers that have begun and not ended, and bytes that they gave. */
  readonly reading = { open: 0, bytes: 0 };
  /** Calls that leave no trace elsewhere. */
  readonly calls: string[] = [];
  readonly #owner: FakeOwner;
  readonly #bytes: Uint8Array | null;
  #view: TorrentView;
  #files: FileView[];
  #trackers: TrackerView[];
  #release = Promise.withResolvers<void>();

  constructor(id: number, source: FakeSource, owner: FakeOwner) {
    this.id = id;
    this.infoHashes = source.infoHashes;
    this.metainfo = source.metainfo;
    this.#bytes = source.bytes;
    this.#owner = owner;
    this.hash = toHex((source.infoHashes.v1 ?? source.infoHashes.v2) as Uint8Array).slice(0, 40);
    this.#files = filesOf(source.metainfo);
    this.#trackers = trackersOf(source.trackers);
    this.#view = viewOf(this, source, this.#files, this.#trackers);
    this.peerList = [samplePeer('192.0.2.7', 6881), samplePeer('2001:db8::7', 51_413)];
    this.revision = owner.touched();
  }

  /** Says how the torrent is from now on. */
  set(facts: Partial<TorrentView>): void {
    const { state } = this.#view;
    this.#view = { ...this.#view, ...facts };
    this.revision = this.#owner.touched();
    if (facts.state !== undefined && facts.state !== state) {
      this.#owner.emit('torrent.state', { hash: this.hash, from: state, to: facts.state });
    }
  }

  /** Says how much of it is there, 0 … 1 of every file. */
  setProgress(fraction: number): void {
    this.#files = this.#files.map((file) => ({ ...file, done: Math.floor(file.size * fraction) }));
    this.set(fraction === 1 ? { completedAt: FAKE_NOW, state: 'seeding', ...this.#sizes() } : this.#sizes());
  }

  /** Lets readers that wait go on. */
  release(): void {
    this.holdsAt = null;
    this.#release.resolve();
    this.#release = Promise.withResolvers<void>();
  }

  view(): TorrentView {
    return this.#view;
  }

  files(): readonly FileView[] {
    return this.#files;
  }

  peers(): readonly PeerView[] {
    return this.peerList;
  }

  trackers(): readonly TrackerView[] {
    return this.#trackers;
  }

  webSeeds(): readonly string[] {
    return this.metainfo?.webSeeds ?? [];
  }

  pieces(): PieceMap | null {
    if (this.metainfo === null) return null;
    const have = new Bitfield(this.#view.pieceCount);
    for (let piece = 0; piece < this.#view.piecesHave; piece++) have.add(piece);
    const availability = new Uint16Array(this.#view.pieceCount).fill(2);
    return { have, active: have.isComplete ? [] : [have.count], availability };
  }

  why(): Diagnosis {
    return this.diagnosis;
  }

  torrentFile(): Uint8Array | null {
    return this.#bytes;
  }

  magnetLink(): string {
    const trackers = this.#trackers.map(({ url }) => url);
    return encodeMagnet({ infoHashes: this.infoHashes, name: this.#view.name, trackers });
  }

  async start(options: { readonly isForced?: boolean } = {}): Promise<void> {
    const { hasMetadata, wantedDone, wantedSize, settings } = this.#view;
    const state = hasMetadata ? (wantedDone >= wantedSize ? 'seeding' : 'downloading') : 'fetching-metadata';
    this.set({ state, problem: null, settings: { ...settings, isForced: options.isForced === true } });
  }

  async stop(): Promise<void> {
    this.set({
      state: 'stopped',
      downloadRate: 0,
      uploadRate: 0,
      settings: { ...this.#view.settings, isForced: false },
    });
  }

  async verify(): Promise<void> {
    this.calls.push('verify');
    this.set({ state: 'checking', checked: 0 });
  }

  reannounce(): boolean {
    this.calls.push('reannounce');
    return ['fetching-metadata', 'downloading', 'seeding'].includes(this.#view.state);
  }

  async change(change: TorrentChange): Promise<void> {
    const settings = typeof change === 'function' ? change(this.view().settings) : change;
    this.set({ settings: { ...this.#view.settings, ...settings } });
    this.#owner.emit('torrent.changed', { hash: this.hash, what: Object.keys(settings) });
  }

  async setPriorities(priorities: ReadonlyMap<number, number>): Promise<void> {
    for (const index of priorities.keys()) this.#fileAt(index);
    this.#files = this.#files.map((file) => ({ ...file, priority: priorities.get(file.index) ?? file.priority }));
    this.set(this.#sizes());
  }

  async setTrackers(tiers: readonly (readonly string[])[]): Promise<void> {
    this.#trackers = trackersOf(tiers);
    this.set({ tracker: this.#trackers[0]?.url ?? '', trackerCount: this.#trackers.length });
  }

  async setName(name: string): Promise<void> {
    this.set({ name });
  }

  async addPeers(peers: readonly PeerAddress[]): Promise<readonly RefusedPeer[]> {
    const refused = refusedOf(peers);
    const taken = peers.filter((peer) => !refused.some(({ address }) => address === peer));
    if (taken.length > 0) this.calls.push(`peers ${taken.map(addressKey).join()}`);
    return refused;
  }

  async setSavePath(path: string, options: { readonly movesData: boolean }): Promise<void> {
    const savePath = this.#owner.allowedPath(path);
    const { savePath: from, contentPath } = this.#view;
    this.calls.push(options.movesData ? 'moved' : 'pointed elsewhere');
    this.set({ savePath, contentPath: savePath + contentPath.slice(from.length) });
    this.#owner.emit('torrent.moved', { hash: this.hash, from, to: savePath });
  }

  async rename(path: string, name: string): Promise<void> {
    if (['', '.', '..'].includes(name) || name.length > 255 || /[/\\\0]/.test(name)) {
      throw clientFault('CLIENT_BAD_NAME', 'this is no name of a file');
    }
    const renamed = [...path.split('/').slice(0, -1), name].join('/');
    const isBelow = (file: FileView): boolean => file.path === path || file.path.startsWith(`${path}/`);
    if (!this.#files.some(isBelow)) throw clientFault('CLIENT_NO_SUCH_FILE', 'the torrent has no such file or folder');
    this.#files = this.#files.map((file) =>
      isBelow(file) ? { ...file, path: renamed + file.path.slice(path.length) } : file,
    );
    this.set({ contentPath: `${this.#view.savePath}/${(this.#files[0] as FileView).path.split('/')[0]}` });
  }

  /** It was renamed elsewhere. */
  placeFile(index: number, path: string): void {
    this.#files = this.#files.map((file) => (file.index === index ? { ...file, path } : file));
  }

  open(file: number): FileReader {
    const { size } = this.#fileAt(file);
    return { size, read: (from, to, { signal } = {}) => this.#read(file, from, Math.min(to, size), signal) };
  }

  async *#read(file: number, from: number, to: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    this.reading.open++;
    try {
      for (let at = from; at < to; ) {
        if (this.holdsAt !== null && at >= this.holdsAt) {
          const aborted = new Promise<never>((_, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          });
          await Promise.race([this.#release.promise, aborted]);
        }
        signal?.throwIfAborted();
        const end = Math.min(to, at + 16_384, this.holdsAt === null || at >= this.holdsAt ? to : this.holdsAt);
        this.reading.bytes += end - at;
        yield fakeContent(file, at, end);
        at = end;
      }
    } finally {
      this.reading.open--;
    }
  }

  #fileAt(index: number): FileView {
    const file = this.#files.find((one) => one.index === index);
    if (file === undefined) throw clientFault('CLIENT_NO_SUCH_FILE', `the torrent has no file ${index}`);
    return file;
  }

  #sizes(): Partial<TorrentView> {
    const sum = (files: readonly FileView[], key: 'size' | 'done'): number =>
      files.reduce((total, file) => total + file[key], 0);
    const wanted = this.#files.filter(({ priority }) => priority > 0);
    const done = sum(this.#files, 'done');
    const { totalSize, pieceCount } = this.#view;
    return {
      wantedSize: sum(wanted, 'size'),
      wantedDone: sum(wanted, 'done'),
      done,
      piecesHave: totalSize === 0 ? 0 : Math.floor((pieceCount * done) / totalSize),
    };
  }
}

function filesOf(metainfo: Metainfo | null): FileView[] {
  if (metainfo === null) return [];
  const { files, pieceLength } = metainfo.info;
  return files.flatMap(({ isPad, path, length, offset }, index) =>
    isPad
      ? []
      : {
          index,
          path: path.join('/'),
          size: length,
          done: 0,
          priority: 4,
          firstPiece: Math.floor(offset / pieceLength),
          lastPiece: Math.floor((offset + Math.max(0, length - 1)) / pieceLength),
          availability: 2,
        },
  );
}

const trackersOf = (tiers: readonly (readonly string[])[]): TrackerView[] =>
  tiers
    .flatMap((urls, tier) => urls.map((url) => ({ url, tier })))
    .map(({ url, tier }, id) => ({
      id,
      url,
      tier,
      state: 'ok',
      message: null,
      seeders: 10,
      leechers: 5,
      downloads: 100,
      peersReceived: 15,
      lastAnnounceAt: FAKE_NOW - 600,
      nextAnnounceAt: FAKE_NOW + 1200,
    }));

export const samplePeer = (host: string, port: number): PeerView => ({
  host,
  port,
  client: 'qBittorrent 5.0.5',
  peerId: toHex(new TextEncoder().encode('-qB5050-abcdefghijkl')),
  isIncoming: false,
  protection: null,
  progress: 0.5,
  downloadRate: 1000,
  uploadRate: 200,
  downloaded: 100_000,
  uploaded: 20_000,
  amChoking: false,
  amInterested: true,
  peerChoking: false,
  peerInterested: true,
  pendingBlocks: 8,
  flags: 'DUE',
  source: 'tracker',
});

function viewOf(
  { id, hash }: Pick<FakeTorrent, 'id' | 'hash'>,
  { infoHashes: { v1, v2 }, metainfo, name, savePath, settings }: FakeSource,
  files: readonly FileView[],
  trackers: readonly TrackerView[],
): TorrentView {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return {
    id,
    hash,
    hashV1: v1 === null ? null : toHex(v1),
    hashV2: v2 === null ? null : toHex(v2),
    name,
    state: metainfo === null ? 'fetching-metadata' : 'downloading',
    problem: null,
    warning: null,
    moveProblem: null,
    isStalled: false,
    isSeedingOver: false,
    isSealed: false,
    isPrivate: metainfo?.info.isPrivate === true,
    hasMetadata: metainfo !== null,
    settings: { ...defaultTorrentSettings, ...settings },
    queuePosition: 0,
    savePath,
    contentPath: `${savePath}/${files[0]?.path.split('/')[0] ?? name}`,
    totalSize: size,
    wantedSize: size,
    wantedDone: 0,
    done: 0,
    checked: 1,
    moved: 1,
    pieceCount: metainfo?.info.pieceCount ?? 0,
    pieceLength: metainfo?.info.pieceLength ?? 0,
    piecesHave: 0,
    fileCount: files.length,
    comment: metainfo?.comment ?? '',
    creator: metainfo?.createdBy ?? '',
    createdAt: metainfo?.creationDate ?? null,
    downloadRate: 500_000,
    uploadRate: 20_000,
    downloaded: 0,
    uploaded: 0,
    downloadedInRun: 0,
    uploadedInRun: 0,
    wasted: 0,
    ratio: 0,
    eta: 600,
    secondsDownloading: 60,
    secondsSeeding: 0,
    addedAt: FAKE_NOW - 60,
    startedAt: FAKE_NOW - 60,
    completedAt: null,
    activeAt: FAKE_NOW - 1,
    peersConnected: 2,
    peersSending: 1,
    peersReceiving: 1,
    seedsConnected: 1,
    peersKnown: 20,
    swarmSeeds: 10,
    swarmLeechers: 5,
    availability: 2.5,
    tracker: trackers[0]?.url ?? '',
    trackerCount: trackers.length,
  };
}

/** What a torrent file says. */
export function sourceOfFile(
  bytes: Uint8Array,
): Pick<FakeSource, 'infoHashes' | 'metainfo' | 'bytes' | 'name' | 'trackers'> {
  const metainfo = decodeMetainfo(bytes, nodeDigests);
  return { infoHashes: metainfo.infoHashes, metainfo, bytes, name: metainfo.info.name, trackers: metainfo.trackers };
}
