/**
 * What Sonarr and Radarr do with Transmission, call by call and with what they conclude from the answers, as their
 * sources have it (NzbDrone.Core/Download/Clients/Transmission). They run on .NET, so this stands for them.
 */
import assert from 'node:assert/strict';
import {
  type ArrDownloadClient,
  type ArrItem,
  type ArrSettings,
  AuthenticationFailure,
  type SeedConfiguration,
} from './arr.ts';

export interface TransmissionArrSettings extends ArrSettings {
  readonly addsPaused?: boolean;
  /** In place of a category, which is empty then. */
  readonly directory?: string;
}

/** `tr_torrent_activity`. */
const status = { stopped: 0, checkWait: 1, check: 2, queued: 3, downloading: 4, seedingWait: 5, seeding: 6 } as const;

/** All are asked for each time. */
const FIELDS = [
  ...['id', 'hashString', 'name', 'downloadDir', 'totalSize', 'leftUntilDone', 'isFinished', 'eta', 'status'],
  ...['secondsDownloading', 'secondsSeeding', 'errorString', 'uploadedEver', 'downloadedEver', 'seedRatioLimit'],
  ...['seedRatioMode', 'seedIdleLimit', 'seedIdleMode', 'fileCount', 'file-count', 'labels'],
];

interface Torrent {
  readonly id: number;
  readonly hashString: string;
  readonly name: string;
  readonly downloadDir: string;
  readonly totalSize: number;
  readonly leftUntilDone: number;
  readonly isFinished: boolean;
  readonly eta: number;
  readonly status: number;
  readonly secondsDownloading: number;
  readonly secondsSeeding: number;
  readonly errorString: string;
  readonly uploadedEver: number;
  readonly downloadedEver: number;
  readonly seedRatioLimit: number;
  readonly seedRatioMode: number;
  readonly seedIdleLimit: number;
  readonly seedIdleMode: number;
  readonly labels: readonly string[];
}

type Config = {
  readonly version: string;
  readonly 'rpc-version': number;
  readonly 'download-dir': string;
  readonly seedRatioLimit: number;
  readonly seedRatioLimited: boolean;
  readonly 'idle-seeding-limit': number;
  readonly 'idle-seeding-limit-enabled': boolean;
};

export class TransmissionArr implements ArrDownloadClient {
  readonly #url: string;
  readonly #settings: TransmissionArrSettings;
  #sessionId: string | null = null;
  /** It is asked for once in six hours. */
  #version: string | null = null;
  readonly calls: string[] = [];

  constructor({ url }: { readonly url: string }, settings: TransmissionArrSettings) {
    this.#url = url;
    this.#settings = settings;
  }

  async test(): Promise<void> {
    this.#version = null;
    assert.ok(await this.#isAtLeast(2, 40), 'the version would be too old');
    await this.#torrents();
  }

  async download(source: Uint8Array | string, hash: string, { ratio, minutes }: SeedConfiguration = {}): Promise<void> {
    const { category, addsPaused = false, isFirst = false } = this.#settings;
    await this.#process('torrent-add', {
      ...(typeof source === 'string' ? { filename: source } : { metainfo: Buffer.from(source).toString('base64') }),
      paused: addsPaused,
      'download-dir': await this.#downloadFolder(),
      ...(category !== '' && { labels: [category] }),
    });
    const goals = {
      ...(ratio !== undefined && { seedRatioLimit: ratio, seedRatioMode: 1 }),
      // Transmission knows no time of seeding: the time of being idle stands for it.
      ...(minutes !== undefined && { seedIdleLimit: minutes, seedIdleMode: 1 }),
    };
    if (Object.keys(goals).length > 0) await this.#process('torrent-set', { ids: [hash], ...goals });
    if (isFirst) await this.#process('queue-move-top', { ids: [hash] });
  }

  async items(): Promise<ArrItem[]> {
    const torrents = await this.#torrents();
    const config = await this.#config();
    const hasLabels = await this.#isAtLeast(4, 0);
    return torrents
      .filter((torrent) => this.#isOurs(torrent, hasLabels))
      .map((torrent) => this.#itemOf(torrent, config));
  }

  async outputFolder(): Promise<string> {
    const { category, directory } = this.#settings;
    return directory ?? `${(await this.#config())['download-dir']}/${category}`;
  }

  async markAsImported(hash: string): Promise<void> {
    const { category, importedCategory } = this.#settings;
    assert.ok(await this.#isAtLeast(4, 0), 'there would be no labels');
    if (importedCategory === undefined || importedCategory === category) return;
    const ids = [hash.toLowerCase()];
    const [torrent] = await this.#torrents(ids);
    assert.ok(torrent !== undefined);
    const labels = [...torrent.labels.filter((label) => label !== category), importedCategory];
    await this.#process('torrent-set', { ids, labels });
  }

  async remove(hash: string, deletesData: boolean): Promise<void> {
    await this.#process('torrent-remove', { ids: [hash.toLowerCase()], 'delete-local-data': deletesData });
  }

  #isOurs({ labels, downloadDir }: Torrent, hasLabels: boolean): boolean {
    const { category, directory } = this.#settings;
    if (category !== '' && hasLabels && labels.length > 0) {
      return labels.some((label) => label.toLowerCase() === category.toLowerCase());
    }
    if (directory !== undefined) return `${downloadDir}/`.startsWith(`${directory}/`);
    return downloadDir.split(/[\\/]/).includes(category);
  }

  #itemOf(torrent: Torrent, config: Config): ArrItem {
    const { hashString, name, downloadDir, leftUntilDone, eta } = torrent;
    return {
      downloadId: hashString.toUpperCase(),
      title: name,
      category: this.#settings.category,
      status: statusOf(torrent),
      outputPath: `${downloadDir}/${name.replaceAll(':', '_')}`,
      remainingSize: leftUntilDone,
      remainingTime: eta >= 0 ? eta : null,
      canBeRemoved: hasSeededEnough(torrent, config),
    };
  }

  async #downloadFolder(): Promise<string> {
    const { category, directory } = this.#settings;
    return directory ?? `${(await this.#config())['download-dir'].replace(/\/+$/, '')}/${category}`;
  }

  async #isAtLeast(major: number, minor: number): Promise<boolean> {
    this.#version ??= (await this.#config()).version;
    const found = /(?<!\(|(\d|\.)+)(\d|\.)+(?!\)|(\d|\.)+)/.exec(this.#version)?.[0] ?? '';
    assert.match(found, /^\d+\.\d+(\.\d+){0,2}$/, 'this would be no version');
    const [theirs = 0, minorOfTheirs = 0] = found.split('.').map(Number);
    return theirs > major || (theirs === major && minorOfTheirs >= minor);
  }

  async #config(): Promise<Config> {
    return (await this.#process('session-get')) as Config;
  }

  async #torrents(ids?: readonly string[]): Promise<readonly Torrent[]> {
    const { torrents } = await this.#process('torrent-get', { fields: FIELDS, ...(ids !== undefined && { ids }) });
    const rows = torrents as Torrent[];
    for (const row of rows) assert.deepEqual(Object.keys(row).toSorted(), FIELDS.toSorted());
    return rows;
  }

  /** Who is told 409 has another session id by then, and asks again. */
  async #process(method: string, args?: object): Promise<Record<string, unknown>> {
    this.calls.push(method);
    this.#sessionId ??= await this.#authenticate();
    let answer = await this.#post(method, args);
    if (answer.status === 409) {
      this.#sessionId = await this.#authenticate();
      answer = await this.#post(method, args);
    }
    if (answer.status === 401) throw new AuthenticationFailure(method);
    const { result, arguments: told } = (await answer.json()) as { result: string; arguments: Record<string, unknown> };
    assert.equal(result, 'success', method);
    return told;
  }

  /** A GET without anything, which is to be refused with a session id. */
  async #authenticate(): Promise<string> {
    const { status: code, headers } = await fetch(`${this.#url}/transmission/rpc`, {
      headers: this.#headers(),
      redirect: 'manual',
    });
    if (code !== 409) throw new AuthenticationFailure(`${code}`);
    const sessionId = headers.get('X-Transmission-Session-Id');
    assert.ok(sessionId !== null);
    return sessionId;
  }

  #post(method: string, args?: object): Promise<Response> {
    return fetch(`${this.#url}/transmission/rpc`, {
      method: 'POST',
      headers: {
        ...this.#headers(),
        'Content-Type': 'application/json',
        'X-Transmission-Session-Id': this.#sessionId as string,
      },
      body: JSON.stringify({ method, ...(args !== undefined && { arguments: args }) }),
      redirect: 'manual',
    });
  }

  #headers(): Record<string, string> {
    const { username = '', password = '' } = this.#settings;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return { Accept: 'application/json', authorization };
  }
}

function statusOf({ errorString, totalSize, leftUntilDone, isFinished, status: now }: Torrent): ArrItem['status'] {
  assert.ok((Object.values(status) as number[]).includes(now), `the program does not know the status ${now}`);
  if (errorString.trim() !== '') return 'Warning';
  if (totalSize === 0) return 'Queued';
  const isAtRest = now === status.stopped || now === status.seeding || now === status.seedingWait;
  if (leftUntilDone === 0 && isAtRest) return 'Completed';
  if (isFinished && now !== status.check && now !== status.checkWait) return 'Completed';
  return now === status.queued ? 'Queued' : 'Downloading';
}

function hasSeededEnough(torrent: Torrent, config: Config): boolean {
  const { status: now, uploadedEver, downloadedEver, seedRatioMode, seedIdleMode } = torrent;
  const ratio = downloadedEver <= 0 ? 0 : uploadedEver / downloadedEver;
  const isStopped = now === status.stopped;
  if (seedRatioMode === 1 && isStopped && ratio >= torrent.seedRatioLimit) return true;
  if (seedRatioMode === 0 && isStopped && config.seedRatioLimited && ratio >= config.seedRatioLimit) return true;
  if (seedIdleMode === 1) {
    return (isStopped || now === status.seeding) && torrent.secondsSeeding > torrent.seedIdleLimit * 60;
  }
  return seedIdleMode === 0 && isStopped && config['idle-seeding-limit-enabled'];
}
