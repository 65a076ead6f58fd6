import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import { cannotBind, FakeSystem, loopback } from '../../net/egress/fakes.test.ts';
import { interfaceEgress } from '../../net/egress/index.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { webFetch, type WebResponse } from './web-fetch.ts';

async function serve(t: TestContext, handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const own = { mayContact: (): boolean => true };
const others = { mayContact: (): boolean => false };
const get = (url: string, options: Parameters<typeof webFetch>[1], largest = 1000): Promise<WebResponse> =>
  webFetch({ url, largest, signal: AbortSignal.timeout(60_000) }, options);

test('what is there is given, with its type', async (t) => {
  const url = await serve(t, (_request, response) => response.setHeader('content-type', 'text/x').end('hello'));
  const { status, type, body } = await get(url, own);
  assert.deepEqual([status, type, Buffer.from(body).toString()], [200, 'text/x', 'hello']);
});

test('addresses that are not public are refused in every spelling, before anything is sent', async (t) => {
  let asked = 0;
  const url = await serve(t, (_request, response) => {
    asked++;
    response.end();
  });
  const { port } = new URL(url);
  const hosts = [
    '127.0.0.1',
    'localhost',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '169.254.169.254',
    '10.0.0.1',
    '[fd00::1]',
  ];
  for (const host of hosts) await assert.rejects(get(`http://${host}:${port}/`, others), { code: 'WEB_REFUSED' }, host);
  assert.equal(asked, 0);
});

test('a name with one private address among public ones is refused', async () => {
  const resolve = async (): Promise<string[]> => ['8.8.8.8', '10.0.0.1'];
  await assert.rejects(get('http://name.example/', { ...others, resolve }), { code: 'WEB_REFUSED' });
});

test('what was judged is what is connected to, whatever the name means a moment later', async (t) => {
  const url = await serve(t, (request, response) => response.end(request.headers.host));
  const { port } = new URL(url);
  const names: string[] = [];
  const resolve = async (name: string): Promise<string[]> => {
    names.push(name);
    return ['127.0.0.1'];
  };
  const { body } = await get(`http://name.example:${port}/`, { ...own, resolve });
  assert.equal(Buffer.from(body).toString(), `name.example:${port}`);
  assert.deepEqual(names, ['name.example']);
});

test('a redirect is judged as well, and leads only to the web', async (t) => {
  const inner = await serve(t, (_request, response) => response.end('secret'));
  const resolve = async (name: string): Promise<string[]> => [name === 'outer.example' ? '127.0.0.1' : '127.0.0.2'];
  const options = { resolve, mayContact: (host: string): boolean => host === '127.0.0.1' };
  for (const [location, code] of [
    [inner.replace('127.0.0.1', '127.0.0.2'), 'WEB_REFUSED'],
    ['file:///etc/passwd', 'WEB_BAD_URL'],
    ['gopher://outer.example/', 'WEB_BAD_URL'],
  ] as const) {
    const outer = await serve(t, (_request, response) => response.writeHead(302, { location }).end());
    const { port } = new URL(outer);
    await assert.rejects(get(`http://outer.example:${port}/`, options), { code });
  }
});

test('a redirect within what is allowed is followed, but not for ever', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/end') response.end('there');
    else response.writeHead(302, { location: request.url === '/loop' ? '/loop' : '/end' }).end();
  });
  assert.equal(Buffer.from((await get(`${url}/start`, own)).body).toString(), 'there');
  await assert.rejects(get(`${url}/loop`, own), { code: 'WEB_STATUS' });
});

test('what a server is told in headers, another one to which it redirects is not', async (t) => {
  const told: (string | undefined)[] = [];
  const hear = (request: IncomingMessage): void => {
    told.push(request.headers.cookie);
  };
  const other = await serve(t, (request, response) => {
    hear(request);
    response.end();
  });
  const url = await serve(t, (request, response) => {
    hear(request);
    response.writeHead(302, { location: request.url === '/' ? '/elsewhere' : other }).end();
  });
  const signal = AbortSignal.timeout(10_000);
  await webFetch({ url, headers: { cookie: 'uid=1' }, largest: 1000, signal }, own);
  assert.deepEqual(told, ['uid=1', 'uid=1', undefined]);
});

test('other states, answers that are too large, servers that are not there and other schemes have codes', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/gone') response.writeHead(404).end();
    else response.end('x'.repeat(1001));
  });
  await assert.rejects(get(`${url}/gone`, own), { code: 'WEB_STATUS' });
  await assert.rejects(get(`${url}/large`, own), { code: 'WEB_TOO_LARGE' });
  await assert.rejects(get('http://127.0.0.1:1/', own), { code: 'WEB_UNREACHABLE' });
  for (const bad of ['ftp://a/', 'x', 'file:///a', 'http://'])
    await assert.rejects(get(bad, own), { code: 'WEB_BAD_URL' });
});

test('by an interface, nothing is looked up or sent while it is away', async (t) => {
  let asked = 0;
  const url = await serve(t, (_request, response) => {
    asked++;
    response.end();
  });
  const system = new FakeSystem();
  system.state = null;
  const deps = { clock: new SimClock(), random: seededRandom(1), logger: silentLogger, system };
  const options = { ...own, egress: interfaceEgress({ name: 'wg0' }, deps) };
  await assert.rejects(get(url, options), { code: 'NET_INTERFACE_DOWN' });
  await assert.rejects(get('http://name.example/', options), { code: 'WEB_UNREACHABLE', message: /wg0 is not there/ });
  assert.equal(asked, 0);
});

test('by an interface, what is there is given', { skip: cannotBind }, async (t) => {
  const url = await serve(t, (_request, response) => response.end('hello'));
  const deps = { clock: new SimClock(), random: seededRandom(1), logger: silentLogger, system: loopback() };
  const { body } = await get(url, { ...own, egress: interfaceEgress({ name: 'lo' }, deps) });
  assert.equal(Buffer.from(body).toString(), 'hello');
});

test('a body is sent, and a redirect of it refused', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/away') response.writeHead(307, { location: '/' }).end();
    else void text(request).then((body) => response.end(`${request.method} ${body}`));
  });
  const post = (path: string): Promise<WebResponse> =>
    webFetch(
      {
        url: `${url}${path}`,
        method: 'POST',
        body: Buffer.from('news'),
        largest: 100,
        signal: AbortSignal.timeout(60_000),
      },
      own,
    );
  assert.equal(Buffer.from((await post('/')).body).toString(), 'POST news');
  await assert.rejects(post('/away'), { code: 'WEB_STATUS' });
});
