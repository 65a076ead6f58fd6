import assert from 'node:assert/strict';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Scope } from '../access/index.ts';
import { problemOf, sendProblem } from '../http-api/index.ts';
import { BodyBudget } from './body-budget.ts';
import { ApiClient } from './fakes.test.ts';
import { qbittorrent } from './qbittorrent/index.ts';
import { transmissionRpc } from './transmission/index.ts';

const KIBI = 1024;

class Stage {
  readonly app: FastifyInstance = Fastify();
  /** Requests wait in their handler until it is resolved. */
  readonly answers = Promise.withResolvers<void>();

  constructor(budget: number, scope: Scope | null) {
    new BodyBudget(budget).addTo(this.app, () => scope);
    this.app.setErrorHandler((error, _request, reply) => sendProblem(reply, problemOf(error)));
    this.app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    this.app.addContentTypeParser('x/unread', (_request, _payload, done) => done(null));
    this.app.post('/', async () => {
      await this.answers.promise;
      return 'ok';
    });
  }

  async send(size: number, isChunked = false, type = 'x/y'): Promise<number> {
    const payload = isChunked ? Readable.from([Buffer.alloc(size / 2), Buffer.alloc(size / 2)]) : Buffer.alloc(size);
    const headers = { 'content-type': type, ...(isChunked && { 'transfer-encoding': 'chunked' }) };
    return (await this.app.inject({ method: 'POST', url: '/', headers, payload })).statusCode;
  }
}

describe('a body', () => {
  for (const isChunked of [false, true]) {
    test(`of who only looks is short (${isChunked ? 'in chunks' : 'with its length'})`, async () => {
      for (const scope of ['read', null] as const) {
        const stage = new Stage(1000 * KIBI, scope);
        stage.answers.resolve();
        assert.deepEqual(
          [await stage.send(64 * KIBI, isChunked), await stage.send(64 * KIBI + 2, isChunked)],
          [200, 413],
        );
      }
    });

    test(`waits for its turn when long ones are under way (${isChunked ? 'in chunks' : 'with its length'})`, async () => {
      const stage = new Stage(200 * KIBI, 'control');
      const first = stage.send(150 * KIBI, isChunked);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(await stage.send(100 * KIBI, isChunked), 503);
      const short = stage.send(64 * KIBI, isChunked);
      stage.answers.resolve();
      assert.deepEqual([await first, await short, await stage.send(150 * KIBI, isChunked)], [200, 200, 200]);
    });
  }

  test('that is a form of unknown length counts as the longest, in any letter case of its type', async () => {
    const stage = new Stage(1000 * KIBI, 'control');
    stage.answers.resolve();
    for (const type of ['multipart/form-data; boundary=b', 'Multipart/Form-Data; boundary=b']) {
      assert.deepEqual([await stage.send(2, true, type), await stage.send(2, false, type)], [503, 200], type);
    }
  });

  test('in chunks that nobody reads ends nothing when its sender goes', async () => {
    const stage = new Stage(1000 * KIBI, null);
    const gone = new Promise((resolve) => {
      stage.app.addHook('preHandler', ({ raw }, _reply, done) => {
        raw.once('close', resolve);
        sent.destroy();
        done();
      });
    });
    const { port } = new URL(await stage.app.listen({ port: 0, host: '127.0.0.1' }));
    const headers = { 'content-type': 'x/unread', 'transfer-encoding': 'chunked' };
    const sent = request({ port, host: '127.0.0.1', method: 'POST', headers });
    sent.on('error', () => {});
    sent.write('x');
    await gone;
    stage.answers.resolve();
    await stage.app.close();
  });

  test('is short for who only looks, whatever the dialect', async () => {
    const fetchTorrent = (): Promise<Uint8Array> => Promise.reject(new Error('not here'));
    const mounts = [transmissionRpc({ fetchTorrent, webFolder: () => null }), qbittorrent({ fetchTorrent })];
    const api = await ApiClient.create({ mounts });
    const token = await api.tokenFor('read');
    const body = ' '.repeat(64 * KIBI + 1);
    for (const path of ['/api/v1/tokens', '/transmission/rpc', '/api/v2/torrents/info']) {
      assert.equal((await api.askPath('POST', path, { token, body })).status, 413, path);
      assert.notEqual((await api.askPath('POST', path, { body })).status, 413, path);
    }
  });
});
