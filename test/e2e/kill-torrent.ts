/** A torrent that the kill campaign adds, downloads, moves, renames, changes and removes. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeOf } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';
import { type TestTorrent, testTorrent } from '../sim/test-torrent.ts';
import type { DaemonProcess, TorrentJson } from './daemon-process.ts';
import { oneOf, type Story, type Subject, Told } from './kill-told.ts';
import type { SeederDoor } from './seeder-door.ts';

/** Where data can be. */
export interface Places {
  /** Save paths. */
  readonly save: readonly string[];
  /** These, and the folder of downloads that are not complete. */
  readonly all: readonly string[];
  /** Folder in which the daemon keeps torrent files. */
  readonly torrentFiles: string;
}

/** What was told of a torrent that is there. */
interface Held {
  readonly id: number | null;
  readonly place: string;
  /** Names of its folder, and of the files in that. */
  readonly top: string;
  readonly names: readonly string[];
  readonly title: string;
  readonly label: string;
  readonly downloadLimit: number;
  readonly isRunning: boolean;
  readonly hasMetadata: boolean;
  readonly isComplete: boolean;
  readonly pieces: number;
}

/** Data that was left behind by a torrent that is gone. */
interface Left extends Pick<Held, 'top' | 'names' | 'isComplete'> {
  /** The save path in which it is found by the torrent when that is added again; null: unknown, or it would not find it. */
  readonly adoptableIn: string | null;
}

interface State {
  readonly held: Held | null;
  readonly left: Left | null;
}

/** What the list shows of a torrent. */
interface Shown extends TorrentJson {
  readonly savePath: string;
  readonly contentPath: string;
  readonly hasMetadata: boolean;
  readonly piecesHave: number;
  readonly pieceCount: number;
  readonly completedAt: number | null;
  readonly settings: { readonly labels: readonly string[]; readonly downloadLimit: number };
}

const FILES = [1_500_000, 1_000, 2_500_000] as const;
/** What a torrent is doing when nothing is under way that would end by itself. */
const AT_REST = ['seeding', 'stopped', 'downloading', 'fetching-metadata'];

export class TorrentSubject implements Subject {
  readonly name: string;
  readonly sample: TestTorrent;
  readonly hash: string;
  readonly #places: Places;
  readonly #seeder: Pick<SeederDoor, 'address'>;
  readonly #told: Told<State>;
  /** Downloads that have become complete. */
  completed = 0;

  readonly #kept: string;

  /** `seeder`: where a peer that has everything is at present. */
  constructor(number: number, places: Places, seeder: Pick<SeederDoor, 'address'>, story: Story) {
    this.name = `torrent ${number}`;
    this.sample = testTorrent({ files: FILES, seed: 100 + number });
    this.hash = Buffer.from(this.sample.metainfo.infoHashes.v1 ?? []).toString('hex');
    this.#told = new Told<State>(this.name, { held: null, left: null }, story);
    this.#places = places;
    this.#seeder = seeder;
    this.#kept = join(places.torrentFiles, `${this.hash}.torrent`);
  }

  /** The daemon has told how it is. */
  observe(torrents: readonly TorrentJson[]): void {
    const { held } = this.#told.state;
    const shown = torrents.find(({ hash }) => hash === this.hash) as Shown | undefined;
    if (held === null || shown === undefined || shown.id !== held.id) return;
    const isComplete = held.isComplete || shown.completedAt !== null;
    if (isComplete && !held.isComplete) this.completed++;
    this.#learn({
      // It is shown as soon as it is there, and kept a little later.
      hasMetadata: held.hasMetadata || (shown.hasMetadata && existsSync(this.#kept)),
      pieces: Math.max(held.pieces, shown.piecesHave),
      isComplete,
    });
  }

  async act(daemon: DaemonProcess, random: Random): Promise<void> {
    const { held, left } = this.#told.state;
    if (held !== null) return this.#change(daemon, held, random);
    const place = left === null ? oneOf(random, this.#places.save) : left.adoptableIn;
    if (place !== null) await this.#add(daemon, place, random);
  }

  async #add(daemon: DaemonProcess, savePath: string, random: Random): Promise<void> {
    const { bytes, metainfo } = this.sample;
    const [label, isStopped] = [`t-${random.below(1000)}`, random.below(8) === 0];
    // With the torrent file, data that is there is found at once.
    const source =
      random.below(3) === 0 && this.#told.state.left === null
        ? { magnet: `magnet:?xt=urn:btih:${this.hash}&dn=${metainfo.info.name}` }
        : { torrent: Buffer.from(bytes).toString('base64') };
    const body = { ...source, savePath, isStopped, settings: { labels: [label] }, peers: [this.#seeder.address] };
    const { name } = metainfo.info;
    const held: Held = {
      ...{ id: null, place: savePath, top: name, names: this.#ownNames, title: name, label, downloadLimit: 0 },
      ...{ isRunning: !isStopped, hasMetadata: 'torrent' in source, isComplete: false, pieces: 0 },
    };
    let id: number | null = null;
    await this.#told.deed(
      `add ${Object.keys(source)[0]} in ${savePath}${isStopped ? ' stopped' : ''}`,
      () => ({ held: { ...held, id }, left: null }),
      async () => {
        id = (await daemon.api<{ torrent: TorrentJson }>('/torrents', { method: 'POST', body })).torrent.id;
      },
    );
  }

  async #change(daemon: DaemonProcess, held: Held, random: Random): Promise<void> {
    const path = `/torrents/${this.hash}`;
    const text = `x${random.below(1_000_000)}`;
    const post = (action: string, body: object = {}) =>
      daemon.api<void>(`${path}/actions/${action}`, { method: 'POST', body });
    const patch = (body: object) => daemon.api<unknown>(path, { method: 'PATCH', body });
    const deed = (change: Partial<Held>, work: () => Promise<unknown>, refusals: readonly string[] = []) =>
      this.#told.deed(
        Object.keys(change).length === 0 ? 'verify' : JSON.stringify(change),
        ({ held: now }) => ({ held: now && { ...now, ...change }, left: null }),
        work,
        refusals,
      );
    const remove = (deleteData: boolean): Promise<void> =>
      this.#told.deed(
        deleteData ? 'remove with data' : 'remove',
        ({ held: now }) => ({ held: null, left: deleteData || now === null ? null : { ...now, adoptableIn: null } }),
        () => daemon.api(path, { method: 'DELETE', query: { data: deleteData } }),
      );
    const file = random.below(FILES.length);
    const move = (): Promise<void> => {
      const place = oneOf(random, this.#places.save);
      return deed({ place }, () => post('move', { savePath: place }), ['CLIENT_TORRENT_BUSY']);
    };
    const renaming = [
      () => deed({ top: text }, () => post('rename', { path: held.top, name: text }), UNRENAMABLE),
      () =>
        deed(
          { names: held.names.with(file, text) },
          () => post('rename', { path: `${held.top}/${held.names[file]}`, name: text }),
          UNRENAMABLE,
        ),
    ];
    const deeds: readonly (() => Promise<void>)[] = [
      ...Array.from({ length: 5 }, () => move),
      ...Array.from({ length: held.isComplete ? 1 : 0 }, () => () => remove(true)),
      ...Array.from({ length: held.isComplete ? 1 : 0 }, () => () => remove(false)),
      () => remove(random.below(2) === 0),
      // Before the metadata is kept, a kill takes it away again, and nobody sees what the names are.
      ...(held.hasMetadata ? renaming : []),
      () => deed({ label: text }, () => patch({ settings: { labels: [text] } })),
      () => {
        const downloadLimit = 50_000_000 + random.below(1000);
        return deed({ downloadLimit }, () => patch({ settings: { downloadLimit } }));
      },
      () => deed({ title: text }, () => patch({ name: text })),
      () => deed({ isRunning: false }, () => post('stop')),
      ...Array.from({ length: held.isRunning ? 0 : 5 }, () => () => deed({ isRunning: true }, () => post('start'))),
      () => deed({}, () => post('verify')),
    ];
    await oneOf(random, deeds)();
  }

  async check(daemon: DaemonProcess): Promise<void> {
    const shown = await this.#atRest(daemon);
    if (shown === undefined) await this.#checkAbsent(daemon);
    else await this.#checkHeld(daemon, shown);
  }

  /** Resolves when its data has been looked at and nothing is under way; undefined: it is not there. */
  #atRest(daemon: DaemonProcess): Promise<Shown | undefined> {
    const ask = async (): Promise<Shown | undefined> =>
      (await daemon.torrents()).find(({ hash }) => hash === this.hash) as Shown | undefined;
    return daemon.until(`${this.name} at rest`, ask, (one) => one === undefined || AT_REST.includes(one.state));
  }

  /** Tells it where the seeder is now. */
  async feed(daemon: DaemonProcess): Promise<void> {
    if (this.#told.state.held?.isComplete !== false) return;
    await daemon.api(`/torrents/${this.hash}/peers`, { method: 'POST', body: { peers: [this.#seeder.address] } });
  }

  async #checkAbsent(daemon: DaemonProcess): Promise<void> {
    const [state] = this.#told.possible.filter(({ held }) => held === null);
    assert.ok(state !== undefined, `${this.name} is lost`);
    this.#told.found(state);
    const { left } = state;
    if (left === null) return;
    // A move that was cut short is brought to its end before the torrent is gone.
    const folders = await daemon.until(
      `what ${this.name} left in one place`,
      () => Promise.resolve(this.#places.all.filter((folder) => existsSync(join(folder, left.top)))),
      ({ length }) => length === 1 || (length === 0 && !left.isComplete),
    );
    if (left.isComplete) {
      this.#checkPieces(join(folders[0] as string, left.top), left.names, () => true);
    }
    const isOriginal = left.top === this.sample.metainfo.info.name && left.names.join() === this.#ownNames.join();
    const adoptableIn = this.#places.save.find((folder) => folder === folders[0]) ?? null;
    if (left.isComplete && isOriginal && adoptableIn !== null) {
      this.#told.learn({ held: null, left: { ...left, adoptableIn } });
      return;
    }
    for (const folder of folders) rmSync(join(folder, left.top), { recursive: true });
    this.#told.learn({ held: null, left: null });
  }

  async #checkHeld(daemon: DaemonProcess, shown: Shown): Promise<void> {
    const { hasMetadata, contentPath } = shown;
    const { items } = await daemon.api<{ items: { path: string }[] }>(`/torrents/${this.hash}/files`);
    const found = {
      place: shown.savePath,
      label: shown.settings.labels[0] ?? '',
      downloadLimit: shown.settings.downloadLimit,
      isRunning: shown.state !== 'stopped',
      ...(hasMetadata && { title: shown.name, top: basename(contentPath) }),
      ...(hasMetadata && { names: items.map(({ path }) => basename(path)) }),
    };
    const possible = this.#told.possible.flatMap((state) => state.held ?? []);
    const held = possible.find((one) => Object.entries(found).every(([key, value]) => isSame(one, key, value)));
    assert.ok(held, `${this.name}: ${JSON.stringify(found)} is none of ${JSON.stringify(possible)}`);
    if (held.id !== null) assert.equal(shown.id, held.id);
    this.#told.found({ held: { ...held, id: shown.id }, left: null });
    if (held.hasMetadata) assert.ok(hasMetadata, `${this.name} has lost its metadata`);
    assert.equal(shown['downloadedInRun'], 0);
    // What it had is found again when the metadata is.
    if (hasMetadata) await this.#checkData(daemon, held);
  }

  async #checkData(daemon: DaemonProcess, held: Held): Promise<void> {
    const path = `/torrents/${this.hash}`;
    // Of what is stopped, pieces that were being written at the kill are hashed when somebody wants that.
    if (!held.isRunning) await daemon.api(`${path}/actions/verify`, { method: 'POST' });
    const ask = async (): Promise<readonly [Shown, { have: string } | null]> => [
      await daemon.api<Shown>(path),
      await daemon.api<{ have: string }>(`${path}/pieces`).catch(nullIfUnknown),
    ];
    const least = (one: Shown): number => (held.isComplete ? one.pieceCount : held.pieces);
    const [{ contentPath }, map] = await daemon.until(
      `${this.name} with its ${held.pieces} pieces`,
      ask,
      ([one, pieces]) => pieces !== null && AT_REST.includes(one.state) && one.piecesHave >= least(one),
    );
    const bits = Buffer.from(map?.have ?? '', 'base64');
    this.#checkPieces(contentPath, held.names, (piece) => (((bits[piece >> 3] ?? 0) >> (7 - (piece & 7))) & 1) === 1);
  }

  get isHeld(): boolean {
    return this.#told.state.held !== null;
  }

  /** The file or folder that its data is in, or was left in; null: there is no data of it. */
  get top(): string | null {
    const { held, left } = this.#told.state;
    return (held ?? left)?.top ?? null;
  }

  #checkPieces(folder: string, names: readonly string[], has: (piece: number) => boolean): void {
    const { data, metainfo, geometry } = this.sample;
    const onDisk = Buffer.alloc(data.length);
    for (const [i, { offset }] of metainfo.info.files.entries()) {
      const path = join(folder, names[i] as string);
      if (existsSync(path)) readFileSync(path).copy(onDisk, offset);
    }
    for (let piece = 0; piece < geometry.pieceCount; piece++) {
      const start = geometry.pieceOffset(piece);
      const end = start + geometry.pieceSize(piece);
      const isGood = Buffer.compare(onDisk.subarray(start, end), data.subarray(start, end)) === 0;
      if (has(piece)) assert.ok(isGood, `${this.name}: piece ${piece} is not in ${folder}`);
    }
  }

  #learn(change: Partial<Held>): void {
    const { held, left } = this.#told.state;
    this.#told.learn({ held: held && { ...held, ...change }, left });
  }

  get #ownNames(): readonly string[] {
    return this.sample.metainfo.info.files.map(({ path }) => path.at(-1) as string);
  }
}

/** Its files are on their way, or not known again yet. */
const UNRENAMABLE = ['CLIENT_TORRENT_BUSY', 'CLIENT_NO_METADATA'];

/** Its data has not been looked at yet. */
function nullIfUnknown(error: unknown): null {
  if (codeOf(error) === 'API_CONFLICT') return null;
  throw error;
}

const isSame = (held: Held, key: string, value: unknown): boolean =>
  JSON.stringify(held[key as keyof Held]) === JSON.stringify(value);
