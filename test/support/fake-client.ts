/**
 * Test support: a client that is only memory, for tests of what speaks to the `Client` port. Whatever is asked for
 * happens at once; `torrents.addSample` puts torrents in, `FakeTorrent.set` says how they are.
 */
import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Categories, Category } from '../../src/app/client/categories.ts';
import type { Client, ClientStats, HealthChecks } from '../../src/app/client/client.ts';
import type { ClientEvent, ClientEvents, EventLog, EventName, EventsSince } from '../../src/app/client/event-log.ts';
import type { Settings, SettingsChange } from '../../src/app/client/settings.ts';
import {
  type AcceptConfig,
  type ClientConfig,
  clientConfig,
  configErrors,
  type ConfigOrigin,
  describeConfig,
} from '../../src/app/config/index.ts';
import { DstError } from '../../src/base/errors.ts';
import type { NewWebhook, Webhook, Webhooks } from '../../src/app/client/webhooks.ts';
import { clientFault, FAKE_NOW } from './fake-torrent.ts';
import { FakeTorrents } from './fake-torrents.ts';

export { FAKE_NOW, type FakeTorrent, fakeContent, sampleTorrentFile } from './fake-torrent.ts';

const SECTIONS = ['api', 'peers', 'limits', 'queue', 'goals', 'torrents', 'memory'];
/** Events that are remembered. */
const MOST_EVENTS = 1000;

export class FakeEventLog implements EventLog {
  #events: ClientEvent[] = [];
  #forgotten: ClientEvent[] = [];
  readonly #listeners = new Set<(event: ClientEvent) => void>();
  last = 0;

  emit<K extends EventName>(name: K, data: ClientEvents[K]): void {
    const event = { id: ++this.last, at: FAKE_NOW, name, data } as ClientEvent;
    this.#events.push(event);
    if (this.#events.length > MOST_EVENTS) this.#forgotten.push(this.#events.shift() as ClientEvent);
    for (const listener of [...this.#listeners]) listener(event);
  }

  since(id: number, wants: (name: EventName) => boolean = () => true): EventsSince {
    const isForgotten = this.#forgotten.some((event) => event.id > id && wants(event.name));
    return { events: this.#events.filter((event) => event.id > id), isGap: isForgotten || id > this.last };
  }

  on(listener: (event: ClientEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Listeners at present. */
  get listeners(): number {
    return this.#listeners.size;
  }
}

export class FakeSettings implements Settings {
  places = { file: '/config/config.toml', data: '/data' };
  #value: ClientConfig;
  #latest: ClientConfig;
  readonly #origins = new Map<string, ConfigOrigin>();
  readonly #emit: FakeEventLog['emit'];

  constructor(value: Record<string, unknown>, emit: FakeEventLog['emit']) {
    const sections = Object.fromEntries(SECTIONS.map((section) => [section, {}]));
    this.#value = clientConfig.parse({ ...sections, ...value });
    this.#latest = this.#value;
    this.#emit = emit;
  }

  get value(): ClientConfig {
    return this.#value;
  }

  get afterRestart(): ClientConfig {
    return this.#latest;
  }

  originOf(key: string): ConfigOrigin {
    return this.#origins.get(key) ?? 'default';
  }

  /** Says that the environment has set a key. */
  fix(key: string): void {
    this.#origins.set(key, 'environment');
  }

  async set(values: Readonly<Record<string, unknown>>, accept?: AcceptConfig<ClientConfig>): Promise<SettingsChange> {
    const next = structuredClone(this.#latest) as unknown as Record<string, unknown>;
    const changed: string[] = [];
    for (const [key, value] of Object.entries(values)) {
      if (this.originOf(key) === 'environment') throw configFault('CONFIG_FIXED', `${key} is set by the environment`);
      const [section, name] = key.split('.') as [string, string?];
      const inner = Object.hasOwn(next, section) ? next[section] : undefined;
      const table = (name === undefined ? next : inner) as Record<string, unknown> | undefined;
      const leaf = name ?? section;
      if (table === undefined || !Object.hasOwn(table, leaf)) throw configFault('CONFIG_INVALID', `${key} is no key`);
      if (!isDeepStrictEqual(table[leaf], value)) changed.push(key);
      table[leaf] = value ?? undefined;
    }
    const read = clientConfig.safeParse(next);
    if (!read.success) throw configFault('CONFIG_INVALID', read.error.issues.map(({ message }) => message).join('; '));
    await accept?.(read.data);
    this.#latest = read.data;
    const waiting = describeConfig(clientConfig).filter(({ restart }) => restart);
    this.#value = waiting.reduce((value, { key }) => withKeyOf(value, this.#value, key), read.data);
    for (const key of changed) this.#origins.set(key, 'file');
    const needRestart = Object.keys(values).filter(
      (key) => !isDeepStrictEqual(at(this.#value, key), at(read.data, key)),
    );
    this.#emit('settings.changed', { keys: changed, needRestart });
    return { changed, needRestart };
  }
}

const at = (config: object, key: string): unknown =>
  key.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], config);

/** With the value that the other one has. */
function withKeyOf(config: ClientConfig, other: ClientConfig, key: string): ClientConfig {
  const [section, name] = key.split('.') as [keyof ClientConfig, string?];
  const value = at(other, key);
  return { ...config, [section]: name === undefined ? value : { ...(config[section] as object), [name]: value } };
}

const configFault = (code: 'CONFIG_INVALID' | 'CONFIG_FIXED', message: string): DstError =>
  new DstError(code, configErrors[code], message);

export class FakeCategories implements Categories {
  readonly #categories = new Map<string, Category>();
  readonly #labels = new Set<string>();
  readonly #client: FakeClient;

  constructor(client: FakeClient) {
    this.#client = client;
  }

  all(): readonly Category[] {
    return [...this.#categories.values()];
  }

  find(name: string): Category | null {
    return this.#categories.get(name) ?? null;
  }

  isName(name: string): boolean {
    return name !== '' && name.length <= 255 && !name.split('/').some((part) => ['', '.', '..'].includes(part));
  }

  async put({ name, savePath }: Category): Promise<void> {
    if (!this.isName(name)) {
      throw clientFault('CLIENT_BAD_NAME', 'this is no name of a category');
    }
    this.#categories.set(name, { name, savePath: savePath === '' ? '' : this.#client.allowedPath(savePath) });
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) this.#categories.delete(name);
    for (const torrent of this.#client.torrents.all()) {
      if (names.includes(torrent.view().settings.category)) await torrent.change({ category: '' });
    }
  }

  labels(): readonly string[] {
    const used = this.#client.torrents.all().flatMap((torrent) => torrent.view().settings.labels);
    return [...new Set([...this.#labels, ...used])].sort();
  }

  async addLabels(labels: readonly string[]): Promise<void> {
    for (const label of labels) this.#labels.add(label);
  }

  async removeLabels(labels: readonly string[]): Promise<void> {
    for (const label of labels) this.#labels.delete(label);
    for (const torrent of this.#client.torrents.all()) {
      const kept = torrent.view().settings.labels.filter((label) => !labels.includes(label));
      if (kept.length < torrent.view().settings.labels.length) await torrent.change({ labels: kept });
    }
  }
}

export class FakeWebhooks implements Webhooks {
  #webhooks: Webhook[] = [];
  #lastId = 0;
  readonly secrets: string[] = [];
  attempts = { taken: 0, failed: 0 };

  all(): readonly Webhook[] {
    return this.#webhooks;
  }

  async add({ url, events, secret }: NewWebhook): Promise<Webhook> {
    const webhook = { id: ++this.#lastId, url, events, createdAt: FAKE_NOW, problem: null };
    this.#webhooks.push(webhook);
    this.secrets.push(secret);
    return webhook;
  }

  async remove(id: number): Promise<boolean> {
    const known = this.#webhooks.length;
    this.#webhooks = this.#webhooks.filter((webhook) => webhook.id !== id);
    return this.#webhooks.length < known;
  }
}

export interface FakeClientOptions {
  /** Configuration that differs from the defaults. */
  readonly config?: Record<string, unknown>;
  /** Folders that callers may name. */
  readonly roots?: readonly string[];
}

export class FakeClient implements Client {
  readonly events: FakeEventLog = new FakeEventLog();
  readonly torrents: FakeTorrents;
  readonly categories: FakeCategories = new FakeCategories(this);
  readonly settings: FakeSettings;
  readonly webhooks: FakeWebhooks = new FakeWebhooks();
  readonly #roots: readonly string[];
  checks: HealthChecks = { disk: null, loop: null };
  banned: readonly string[] = [];
  isShutDown = false;
  blocklistRanges = 0;

  constructor({ config = {}, roots = ['/downloads', '/media'] }: FakeClientOptions = {}) {
    this.#roots = roots;
    const emit: FakeEventLog['emit'] = (name, data) => this.events.emit(name, data);
    this.settings = new FakeSettings({ downloads: roots[0], ...config }, emit);
    this.torrents = new FakeTorrents({
      emit,
      allowedPath: (path) => this.allowedPath(path),
      defaultPath: (category) => this.categories.find(category)?.savePath || this.settings.value.downloads,
      takeIn: (name) => {
        if (name !== '' && this.categories.find(name) === null) void this.categories.put({ name, savePath: '' });
      },
    });
  }

  /** The path without dots; throws CLIENT_PATH_REFUSED outside the roots. */
  allowedPath(path: string): string {
    const plain = posix.normalize(path).replace(/(?<=.)\/$/, '');
    const isAllowed = this.#roots.some((root) => plain === root || plain.startsWith(`${root}/`));
    if (isAllowed && !path.includes('\0')) return plain;
    throw clientFault('CLIENT_PATH_REFUSED', 'this folder is outside the allowed ones');
  }

  changeSettings(
    values: Readonly<Record<string, unknown>>,
    { isLocal }: { readonly isLocal: boolean },
  ): Promise<SettingsChange> {
    if (isLocal) return this.settings.set(values);
    return this.settings.set(values, async ({ downloads, incomplete }) => {
      for (const folder of [downloads, incomplete]) if (folder !== null) this.allowedPath(folder);
    });
  }

  stats(): ClientStats {
    const views = this.torrents.all().map((torrent) => torrent.view());
    const sum = (key: 'downloadRate' | 'uploadRate' | 'downloaded' | 'uploaded' | 'peersConnected'): number =>
      views.reduce((total, view) => total + view[key], 0);
    const count = (test: (view: (typeof views)[number]) => boolean): number => views.filter(test).length;
    const run = { downloaded: sum('downloaded'), uploaded: sum('uploaded'), torrentsAdded: views.length };
    return {
      startedAt: FAKE_NOW - 3600,
      downloadRate: sum('downloadRate'),
      uploadRate: sum('uploadRate'),
      peersConnected: sum('peersConnected'),
      torrents: {
        all: views.length,
        active: count(({ state }) => state === 'downloading' || state === 'seeding'),
        stopped: count(({ state }) => state === 'stopped'),
        failed: count(({ state }) => state === 'failed'),
      },
      run: { ...run, sessions: 1, seconds: 3600 },
      ever: {
        downloaded: run.downloaded + 10_000,
        uploaded: run.uploaded + 5000,
        sessions: 7,
        seconds: 86_400,
        torrentsAdded: views.length + 3,
      },
      freeSpace: 500_000_000_000,
      listening: ['0.0.0.0:8471'],
      isReachable: true,
      usesAltLimits: this.settings.value.limits.alternative,
    };
  }

  health(): HealthChecks {
    return this.checks;
  }

  async space(path: string): Promise<{ readonly free: number; readonly total: number }> {
    this.allowedPath(path);
    return { free: 500_000_000_000, total: 1_000_000_000_000 };
  }

  async browse(path: string): ReturnType<Client['browse']> {
    const folder = this.allowedPath(path);
    if (folder.endsWith('/missing')) throw clientFault('CLIENT_NOT_FOUND', 'there is no such folder');
    return [
      { name: 'films', isFolder: true, size: null },
      { name: 'one.mkv', isFolder: false, size: 1_000_000 },
    ];
  }

  async refreshBlocklist(): Promise<number> {
    return this.blocklistRanges;
  }

  async ban(hosts: readonly string[]): Promise<void> {
    this.banned = [...new Set([...this.banned, ...hosts])].sort();
  }

  async unban(hosts: readonly string[]): Promise<void> {
    this.banned = this.banned.filter((host) => !hosts.includes(host));
  }

  shutDown(): void {
    this.isShutDown = true;
  }
}
