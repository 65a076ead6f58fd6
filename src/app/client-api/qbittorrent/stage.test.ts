/** Test support: qBittorrent's WebAPI over a client that is only memory. */
import assert from 'node:assert/strict';
import { type FakeClient, type FakeTorrent, sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import type { Access } from '../../access/index.ts';
import { type Answer, ApiClient, type ApiClientOptions, type Asked } from '../fakes.test.ts';
import { qbittorrent } from './index.ts';

export type Fields = Readonly<Record<string, string | number | boolean>>;

const FORM = 'application/x-www-form-urlencoded';

interface StageOptions extends ApiClientOptions {
  /** While a torrent is fetched. */
  readonly onFetch?: (access: Access) => Promise<void>;
}

export class Stage {
  readonly api: ApiClient;
  /** Web addresses that were fetched. */
  readonly fetched: string[];

  private constructor(api: ApiClient, fetched: string[]) {
    this.api = api;
    this.fetched = fetched;
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const { onFetch = async () => {} } = options;
    const fetched: string[] = [];
    const mount = qbittorrent({
      fetchTorrent: async (url, cookies) => {
        fetched.push(cookies === undefined ? url : `${url} with ${cookies}`);
        await onFetch(opened.api.access);
        if (url.includes('broken')) throw new Error('not today');
        return sampleTorrentFile({ name: 'fetched' });
      },
    });
    const opened = new Stage(await ApiClient.create({ ...options, mounts: [mount] }), fetched);
    return opened;
  }

  get client(): FakeClient {
    return this.api.client;
  }

  torrent(name = 'sample'): FakeTorrent {
    return this.client.torrents.addSample({ name });
  }

  get(path: string, fields: Fields = {}, asked: Asked = {}): Promise<Answer> {
    const query = encoded(fields);
    return this.api.askPath('GET', `/api/v2/${path}${query === '' ? '' : `?${query}`}`, asked);
  }

  post(path: string, fields: Fields = {}, asked: Asked = {}): Promise<Answer> {
    const headers = { 'content-type': FORM, ...asked.headers };
    return this.api.askPath('POST', `/api/v2/${path}`, { body: encoded(fields), ...asked, headers });
  }

  /** What is read; must succeed. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests name the fields that they expect
  async read(path: string, fields: Fields = {}): Promise<any> {
    const { status, json, text } = await this.get(path, fields);
    assert.equal(status, 200, `${path}: ${text}`);
    return json ?? text;
  }

  /** A change; must succeed, and say nothing. */
  async does(path: string, fields: Fields = {}): Promise<void> {
    const { status, text } = await this.post(path, fields);
    assert.deepEqual([status, text], [200, ''], path);
  }

  async refuses(path: string, fields: Fields, expected: number): Promise<void> {
    const { status, text } = await this.post(path, fields);
    assert.equal(status, expected, `${path}: ${text}`);
  }
}

const encoded = (fields: Fields): string =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
