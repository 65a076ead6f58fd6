/**
 * What Sonarr and Radarr do with qBittorrent, call by call and with what they conclude from the answers, as their sources
 * have it (NzbDrone.Core/Download/Clients/QBittorrent). They run on .NET, so this stands for them.
 */
import assert from 'node:assert/strict';
import {
  type ArrDownloadClient,
  type ArrItem,
  type ArrSettings,
  AuthenticationFailure,
  type SeedConfiguration,
} from './arr.ts';

export interface QbittorrentArrSettings extends ArrSettings {
  /** Sonarr alone has it. */
  readonly apiKey?: string;
  readonly initialState?: 'Start' | 'ForceStart' | 'Stop';
  readonly isSequential?: boolean;
}

interface Torrent {
  readonly hash: string;
  readonly name: string;
  readonly size: number;
  readonly progress: number;
  readonly eta: number;
  readonly state: string;
  readonly category: string;
  readonly save_path: string;
  readonly content_path: string;
  readonly ratio: number;
  readonly ratio_limit: number;
  readonly seeding_time: number;
  readonly seeding_time_limit: number;
  readonly inactive_seeding_time_limit: number;
  readonly last_activity: number;
}

interface Preferences {
  readonly save_path: string;
  readonly max_ratio_enabled: boolean;
  readonly max_ratio: number;
  readonly max_seeding_time_enabled: boolean;
  readonly max_seeding_time: number;
  readonly max_ratio_act: number;
  readonly queueing_enabled: boolean;
  readonly dht: boolean;
}

type Form = Readonly<Record<string, string | number | boolean>>;

/** Values as .NET writes them. */
const written = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);

export class QbittorrentArr implements ArrDownloadClient {
  readonly #url: string;
  readonly #settings: QbittorrentArrSettings;
  #cookie: string | null = null;
  readonly calls: string[] = [];

  constructor({ url }: { readonly url: string }, settings: QbittorrentArrSettings) {
    this.#url = url;
    this.#settings = settings;
  }

  async test(): Promise<void> {
    const { status } = await this.#fetch('app/webapiVersion');
    assert.notEqual(status, 404, 'this would be taken as version 1');
    assert.ok(status === 200 || status === 403, 'this would be no connection');
    assert.ok(this.#isAtLeast(await this.#process('app/webapiVersion'), [2, 0]));
    assert.ok(!this.#removesCompleted(await this.#config()), 'it would remove what was not imported yet');
    const { category, importedCategory, isFirst } = this.#settings;
    for (const wanted of [category, importedCategory ?? category]) {
      const labels = async (): Promise<object> => JSON.parse(await this.#process('torrents/categories')) as object;
      if (!(wanted in (await labels()))) await this.#process('torrents/createCategory', { category: wanted });
      assert.ok(wanted in (await labels()), 'the category could not be made');
    }
    if (isFirst === true) assert.ok((await this.#config()).queueing_enabled, 'there would be no queue');
    await this.#torrents();
  }

  async download(source: Uint8Array | string, hash: string, { ratio, minutes }: SeedConfiguration = {}): Promise<void> {
    if (typeof source === 'string' && !(await this.#config()).dht) {
      assert.match(source, /&tr=/, 'links without trackers are not even sent');
    }
    const { category, initialState = 'Start', isSequential, isFirst } = this.#settings;
    const version = await this.#process('app/webapiVersion');
    const stopped = this.#isAtLeast(version, [2, 11]) ? 'stopped' : 'paused';
    assert.ok(this.#isAtLeast(version, [2, 8, 1]), 'goals would need a call of their own');
    const form: Form = {
      ...(typeof source === 'string' && { urls: source }),
      category,
      ...(initialState !== 'ForceStart' && { [stopped]: initialState === 'Stop' }),
      ...(isSequential === true && { sequentialDownload: true }),
      contentLayout: 'Original',
      ...(ratio !== undefined && { ratioLimit: ratio }),
      ...(minutes !== undefined && { seedingTimeLimit: minutes }),
    };
    const answer = await this.#process('torrents/add', form, typeof source === 'string' ? undefined : source);
    assert.notEqual(answer, 'Fails.');
    if (isFirst !== true && initialState !== 'ForceStart') return;
    // It is asked for ten times, a tenth of a second apart; here it has to be there at once.
    assert.equal((await this.#fetch('torrents/properties', { hash: hash.toLowerCase() }, 'GET')).status, 200);
    if (isFirst === true) await this.#process('torrents/topPrio', { hashes: hash.toLowerCase() });
    if (initialState === 'ForceStart') {
      await this.#process('torrents/setForceStart', { hashes: hash.toLowerCase(), value: 'true' });
    }
  }

  addTags(hash: string, tags: readonly string[]): Promise<string> {
    return this.#process('torrents/addTags', { hashes: hash.toLowerCase(), tags: tags.join(',') });
  }

  async markAsImported(hash: string): Promise<void> {
    const category = this.#settings.importedCategory ?? '';
    await this.#process('torrents/setCategory', { hashes: hash.toLowerCase(), category });
  }

  async remove(hash: string, deletesData: boolean): Promise<void> {
    await this.#process('torrents/delete', {
      hashes: hash.toLowerCase(),
      ...(deletesData && { deleteFiles: 'true' }),
    });
  }

  async items(): Promise<ArrItem[]> {
    const version = await this.#process('app/webapiVersion');
    const config = await this.#config();
    assert.ok(this.#isAtLeast(version, [2, 6, 1]), 'paths would be put together from files');
    return (await this.#torrents()).map((torrent) => this.#itemOf(torrent, config));
  }

  async outputFolder(): Promise<string> {
    const { save_path: folder } = await this.#config();
    type Labels = Record<string, { savePath?: string }>;
    const labels = JSON.parse(await this.#process('torrents/categories')) as Labels;
    const own = labels[this.#settings.category]?.savePath ?? '';
    return own === '' ? folder : own.startsWith('/') ? own : `${folder}/${own}`;
  }

  #itemOf(torrent: Torrent, config: Preferences): ArrItem {
    const { hash, name, size, progress, eta, state } = torrent;
    const status = statusOf(state, config.dht);
    const isEndless = eta < 0 || eta > 365 * 24 * 3600 || eta === 8_640_000;
    const isCompleted = status === 'Completed';
    const hasPath = isCompleted && torrent.content_path !== torrent.save_path;
    return {
      downloadId: hash.toUpperCase(),
      title: name,
      category: torrent.category,
      status: isCompleted && !hasPath ? 'Warning' : status,
      outputPath: hasPath ? torrent.content_path : null,
      remainingSize: Math.trunc(size * (1 - progress)),
      remainingTime: isCompleted ? 0 : isEndless ? null : eta,
      canBeRemoved: ['pausedUP', 'stoppedUP'].includes(state) && hasReachedGoal(torrent, config),
    };
  }

  #removesCompleted(config: Preferences): boolean {
    const isShort = config.max_seeding_time_enabled && config.max_seeding_time < 60 * 24 * 14;
    return (config.max_ratio_enabled || isShort) && [1, 3].includes(config.max_ratio_act);
  }

  async #config(): Promise<Preferences> {
    return JSON.parse(await this.#process('app/preferences')) as Preferences;
  }

  async #torrents(): Promise<Torrent[]> {
    const { category } = this.#settings;
    const answer = await this.#process(`torrents/info?category=${encodeURIComponent(category)}`);
    return JSON.parse(answer) as Torrent[];
  }

  #isAtLeast(version: string, wanted: readonly number[]): boolean {
    const numbers = version.split('.').map(Number);
    for (const [i, number] of wanted.entries()) {
      if (numbers[i] !== number) return (numbers[i] ?? 0) > number;
    }
    return true;
  }

  /** A call whose answer counts; who is not known logs in, and a session that is over begins anew. */
  async #process(path: string, form?: Form, file?: Uint8Array): Promise<string> {
    const { apiKey } = this.#settings;
    if (apiKey === undefined && this.#cookie === null) await this.#login();
    let answer = await this.#fetch(path, form, form === undefined ? 'GET' : 'POST', file);
    if (answer.status === 403 && apiKey === undefined) {
      await this.#login();
      answer = await this.#fetch(path, form, form === undefined ? 'GET' : 'POST', file);
    }
    if (answer.status === 401 || answer.status === 403) throw new AuthenticationFailure(path);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return await answer.text();
  }

  async #login(): Promise<void> {
    const { username = '', password = '' } = this.#settings;
    const answer = await this.#fetch('auth/login', { username, password }, 'POST');
    const text = answer.ok ? await answer.text() : '';
    if (!answer.ok || (text !== '' && text !== 'Ok.')) throw new AuthenticationFailure('auth/login');
    this.#cookie = /^[^=]+=[^;]*/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? null;
  }

  #fetch(path: string, form: Form = {}, method: 'GET' | 'POST' = 'GET', file?: Uint8Array): Promise<Response> {
    const { apiKey, username = '', password = '' } = this.#settings;
    this.calls.push(path.split('?', 1)[0] as string);
    const authorization =
      apiKey === undefined ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` : `Bearer ${apiKey}`;
    const entries = Object.entries(form).map(([name, value]): [string, string] => [name, written(value)]);
    const query = method === 'GET' && entries.length > 0 ? `?${new URLSearchParams(entries).toString()}` : '';
    let body: FormData | URLSearchParams | null = method === 'POST' ? new URLSearchParams(entries) : null;
    if (file !== undefined) {
      body = new FormData();
      const type = 'application/octet-stream';
      body.append('torrents', new File([new Uint8Array(file)], 'Show.S01E01.torrent', { type }));
      for (const [name, value] of entries) body.append(name, value);
    }
    const headers = { authorization, ...(this.#cookie !== null && { cookie: this.#cookie }) };
    const request: RequestInit = { method, headers, body };
    return fetch(`${this.#url}/api/v2/${path}${query}`, request);
  }
}

function statusOf(state: string, hasDht: boolean): ArrItem['status'] {
  switch (state) {
    case 'error':
    case 'stalledDL':
    case 'missingFiles':
      return 'Warning';
    case 'stoppedDL':
    case 'pausedDL':
      return 'Paused';
    case 'queuedDL':
    case 'checkingDL':
    case 'checkingUP':
    case 'checkingResumeData':
      return 'Queued';
    case 'pausedUP':
    case 'stoppedUP':
    case 'uploading':
    case 'stalledUP':
    case 'queuedUP':
    case 'forcedUP':
      return 'Completed';
    case 'metaDL':
    case 'forcedMetaDL':
      return hasDht ? 'Queued' : 'Warning';
    case 'forcedDL':
    case 'moving':
    case 'downloading':
      return 'Downloading';
    default:
      return assert.fail(`the program does not know the state ${state}`);
  }
}

function hasReachedGoal(torrent: Torrent, config: Preferences): boolean {
  const { ratio, ratio_limit: own } = torrent;
  if (own >= 0 && own - ratio <= 0.001) return true;
  if (own === -2 && config.max_ratio_enabled && config.max_ratio - ratio <= 0.001) return true;
  const minutes = torrent.seeding_time_limit;
  const limit =
    minutes >= 0 ? minutes : minutes === -2 && config.max_seeding_time_enabled ? config.max_seeding_time : null;
  return limit !== null && torrent.seeding_time >= 60 * limit;
}
