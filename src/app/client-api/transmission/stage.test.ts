/** Test support: Transmission's RPC over a client that is only memory. */
import assert from 'node:assert/strict';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { FakeClient, type FakeTorrent, sampleTorrentFile } from '../../../../test/support/fake-client.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { memoryAccess, PASSWORD } from '../../../../test/support/memory-access.ts';
import { silentLogger } from '../../../base/logger.ts';
import { seededRandom } from '../../../base/random.ts';
import type { Access } from '../../access/index.ts';
import { clientApp } from '../server.ts';
import { transmissionRpc } from './index.ts';

export const HEADER = 'x-transmission-session-id';

export type Answer = { readonly result: string; readonly arguments: Record<string, unknown>; readonly tag?: number };

export class Stage {
  readonly client: FakeClient = new FakeClient();
  readonly fetched: string[] = [];
  /** While a torrent is fetched. */
  onFetch: (access: Access) => Promise<void> = async () => {};
  #app: FastifyInstance | null = null;
  #session = '';
  #login = '';

  static async open(user = 'ada'): Promise<Stage> {
    const stage = new Stage();
    const clock = new ManualClock();
    const { access } = await memoryAccess(clock);
    stage.#login = `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`;
    const mount = transmissionRpc({
      fetchTorrent: async (url, cookies) => {
        stage.fetched.push(cookies === undefined ? url : `${url} with ${cookies}`);
        await stage.onFetch(access);
        return sampleTorrentFile({ name: 'fetched' });
      },
      webFolder: () => import.meta.dirname,
    });
    const parts = {
      client: stage.client,
      access,
      clock,
      logger: silentLogger,
      random: seededRandom(1),
      mounts: [mount],
      hostNames: () => [],
    };
    stage.#app = clientApp(parts, () => false).app;
    await stage.#app.ready();
    stage.#session = String((await stage.send({})).headers[HEADER]);
    return stage;
  }

  send(
    body: unknown,
    headers: Record<string, string> = { authorization: this.#login },
    url = '/transmission/rpc',
    method: 'GET' | 'POST' = 'POST',
  ): Promise<LightMyRequestResponse> {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    return (this.#app as FastifyInstance).inject({
      method,
      url,
      headers: { host: 'localhost', ...headers },
      ...(method === 'POST' && { payload }),
    });
  }

  /** Of a request that is let through. */
  get headers(): Record<string, string> {
    return { authorization: this.#login, [HEADER]: this.#session };
  }

  async rpc(body: unknown): Promise<unknown> {
    const response = await this.send(body, this.headers);
    assert.equal(response.statusCode, 200, response.body);
    return response.json();
  }

  /** In the old dialect; must succeed. */
  async call(method: string, args: object = {}): Promise<Record<string, unknown>> {
    const answer = (await this.rpc({ method, arguments: args })) as Answer;
    assert.equal(answer.result, 'success', `${method}: ${answer.result}`);
    return answer.arguments;
  }

  async fails(method: string, args: object = {}): Promise<string> {
    const answer = (await this.rpc({ method, arguments: args })) as Answer;
    assert.notEqual(answer.result, 'success');
    return answer.result;
  }

  torrent(name = 'sample'): FakeTorrent {
    return this.client.torrents.addSample({ name });
  }
}
