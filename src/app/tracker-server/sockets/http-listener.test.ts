/** The HTTP port of the tracker, with clients that are slow, greedy or never listen, with TLS, and at its end. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { ControlResponse } from '../../tracker-api/index.ts';
import { firstPair, secondPair } from '../../served-certificate/certificate-fakes.test.ts';
import { announce, type Client, listen, post, scrape, until } from './http-fakes.test.ts';

describe('the HTTP port of a tracker', () => {
  test('answers requests that come together, and those that come in pieces', async (t) => {
    const client = (await listen(t)).open();
    const request = scrape(1);
    client.socket.write(request + request + request.slice(0, 30));
    await client.responses(2);
    client.socket.write(request.slice(30));
    await client.responses(3);
  });

  test('closes a connection on which a request does not come to its end', async (t) => {
    const { clock, open } = await listen(t);
    const client = open();
    client.socket.write(scrape(1));
    await client.responses(1);
    client.socket.write('GET /announce?x=');
    await turnOfListener(open);
    await clock.run(13_000);
    await client.closed();
  });

  test('gives a request its whole time, also on a connection that was idle for long', async (t) => {
    const { clock, open } = await listen(t);
    const client = open();
    client.socket.write(scrape(1));
    await client.responses(1);
    await clock.run(50_000);
    const request = scrape(1);
    client.socket.write(request.slice(0, 30));
    await turnOfListener(open);
    await clock.run(8_000);
    client.socket.write(request.slice(30));
    await client.responses(2);
  });

  test('ends with 431 when a head has no end, and reads no further', async (t) => {
    const client = (await listen(t)).open();
    client.socket.write(`GET /announce?${'x'.repeat(20_000)}`);
    await client.responses(1);
    for (let i = 0; i < 50 && !client.socket.destroyed; i++) client.socket.write('y'.repeat(100_000));
    await client.closed();
    assert.match(client.text, /^HTTP\/1\.1 431 /);
    assert.equal(client.text.split('HTTP/1.1').length, 2);
  });

  test('answers all that waits behind an announce, however much it is', async (t) => {
    const { store, open } = await listen(t);
    const client = open();
    store.hold();
    client.socket.write(announce + scrape(1).repeat(3_000) + post('/last', 'x'));
    await until(() => store.waiting === 1);
    await turnOfControl(open);
    store.release();
    await client.closed();
    assert.equal(client.text.split('HTTP/1.1 200').length - 1, 3_002);
    assert.match(client.text, /POST \/last 1$/);
  });

  test('ends with 431 for a head without end behind an announce, when that has been answered', async (t) => {
    const { store, open } = await listen(t);
    const client = open();
    store.hold();
    client.socket.write(`${announce}GET /announce?${'x'.repeat(200_000)}`);
    await until(() => store.waiting === 1);
    await turnOfControl(open);
    store.release();
    await client.closed();
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n.*d8:completei.*HTTP\/1\.1 431 /s);
  });

  for (const how of ['without TLS', 'with TLS']) {
    test(`answers a client that ends its side behind its requests, ${how}`, async (t) => {
      const port = await listen(t, how === 'with TLS' ? { certificate: firstPair } : {});
      const openOne = how === 'with TLS' ? port.openTls : port.open;
      port.store.hold();
      const client = openOne();
      client.socket.end(announce + scrape(1));
      await until(() => port.store.waiting === 1);
      await turnOfControl(openOne);
      port.store.release();
      await client.closed();
      assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n.*d8:completei.*HTTP\/1\.1 200 OK\r\n.*d5:files/s);
    });
  }

  test('closes when a client ends its side and has asked for nothing, or for a part', async (t) => {
    const { open } = await listen(t);
    const [silent, begun] = [open(), open()];
    silent.socket.end();
    begun.socket.end(announce.slice(0, 30));
    await Promise.all([silent.closed(), begun.closed()]);
  });

  test('answers nothing behind a request that closes', async (t) => {
    const client = (await listen(t)).open();
    client.socket.write(scrape(1, 'Connection: close\r\n') + scrape(1));
    await client.closed();
    assert.equal(client.text.split('HTTP/1.1 200').length, 2);
  });

  test('lets go of a client that asks and asks and never reads', async (t) => {
    const client = (await listen(t)).open();
    client.socket.pause();
    const request = scrape(100).repeat(20);
    const isClosed = new Promise((resolve) => client.socket.once('close', resolve));
    while (!client.socket.destroyed) {
      if (client.socket.write(request)) continue;
      await Promise.race([new Promise((resolve) => client.socket.once('drain', resolve)), isClosed]);
    }
    assert.ok(client.socket.destroyed);
  });
});

describe('the HTTP port of a tracker with TLS', () => {
  const secure = { certificate: firstPair };

  test('answers announces and scrapes on a connection that is kept', async (t) => {
    const client = (await listen(t, secure)).openTls();
    client.socket.write(announce);
    await client.responses(1);
    client.socket.write(scrape(1) + announce);
    await client.responses(3);
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n.*d8:completei/s);
  });

  test('hands other requests to the control server', async (t) => {
    const client = (await listen(t, secure)).openTls();
    client.socket.write(post('/scrape', 'x'.repeat(60_000)));
    await client.closed();
    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nPOST \/scrape 60000$/s);
  });

  test('hands upgrades over, which carry messages then', async (t) => {
    const { control, openTls } = await listen(t, secure);
    const sockets = new WebSocketServer({ noServer: true });
    control.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (opened) => {
        opened.on('message', (data) => opened.send(`echo of ${(data as Buffer).toString()}`));
      });
    });
    const client = openTls();
    const head = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    client.socket.write(`GET / HTTP/1.1\r\n${head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    await client.responses(1);
    client.socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])); // "hi", masked with zeros
    while (!client.text.endsWith('echo of hi')) await once(client.socket, 'data');
    client.socket.destroy();
  });

  test('speaks HTTP/1.1 where the client lets it choose, and nothing before TLS 1.2', async (t) => {
    const { listener } = await listen(t, secure);
    const shared = { port: listener.port, host: '127.0.0.1', rejectUnauthorized: false };
    const modern = connectTls({ ...shared, ALPNProtocols: ['h2', 'http/1.1'] });
    await once(modern, 'secureConnect');
    assert.equal(modern.alpnProtocol, 'http/1.1');
    modern.destroy();
    const old = connectTls({ ...shared, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await assert.rejects(once(old, 'secureConnect'), /alert|protocol/i);
  });

  test('takes another certificate for new connections, while the open ones go on', async (t) => {
    const { listener, openTls } = await listen(t, secure);
    const before = openTls();
    before.socket.write(scrape(1));
    await before.responses(1);
    listener.useCertificate(secondPair);
    const after = openTls();
    after.socket.write(scrape(1));
    await after.responses(1);
    before.socket.write(scrape(1));
    await before.responses(2);
    assert.equal(serialOf(before), new X509Certificate(firstPair.cert).serialNumber);
    assert.equal(serialOf(after), new X509Certificate(secondPair.cert).serialNumber);
  });

  test('lets clients resume their sessions after settings were applied that have the same certificate', async (t) => {
    const { listener } = await listen(t, secure);
    const resume = async (session?: Buffer): Promise<{ isReused: boolean; session?: Buffer | undefined }> => {
      const socket = connectTls({
        port: listener.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        maxVersion: 'TLSv1.2',
        session,
      });
      await once(socket, 'secureConnect');
      const result = { isReused: socket.isSessionReused(), session: socket.getSession() };
      socket.destroy();
      return result;
    };
    const { session } = await resume();
    listener.useCertificate({ ...firstPair });
    assert.equal((await resume(session)).isReused, true);
    listener.useCertificate(secondPair);
    assert.equal((await resume(session)).isReused, false);
  });

  test('closes a connection that does not come to the end of its handshake in time', async (t) => {
    const { clock, open, openTls } = await listen(t, secure);
    const silent = open();
    const begun = open();
    begun.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    const good = openTls();
    good.socket.write(scrape(1));
    await good.responses(1);
    await clock.run(13_000);
    await Promise.all([silent.closed(), begun.closed()]);
    good.socket.write(scrape(1));
    await good.responses(2);
  });

  test('closes a connection that speaks no TLS, and stays for others', async (t) => {
    const { open, openTls } = await listen(t, secure);
    const plain = open();
    plain.socket.write(scrape(1));
    await plain.closed();
    assert.doesNotMatch(plain.text, /HTTP/);
    const good = openTls();
    good.socket.write(scrape(1));
    await good.responses(1);
  });

  test('lets a new connection in when very many have begun a handshake: the oldest makes room', async (t) => {
    const { open, openTls } = await listen(t, secure);
    const first = open();
    await once(first.socket, 'connect');
    const others: Client[] = [];
    for (let i = 0; i < 2000; i++) {
      others.push(open());
      if (i % 100 === 99) await Promise.all(others.slice(-100).map(({ socket }) => once(socket, 'connect')));
    }
    const good = openTls();
    good.socket.write(scrape(1));
    await good.responses(1);
    await first.closed();
    assert.equal(others.filter(({ socket }) => !socket.closed).length, 1999);
  });

  test('ends with handshakes under way', async (t) => {
    const { listener, open, openTls } = await listen(t, secure);
    const silent = open();
    const good = openTls();
    good.socket.write(scrape(1));
    await good.responses(1);
    await listener[Symbol.asyncDispose]();
    await Promise.all([silent.closed(), good.closed()]);
  });
});

const serialOf = ({ socket }: Client<TLSSocket>): string => socket.getPeerCertificate().serialNumber;

describe('the end of the HTTP port', () => {
  test('closes idle connections at once, also those on which a request has only begun', async (t) => {
    const { listener, open } = await listen(t);
    const idle = open();
    idle.socket.write(scrape(1));
    await idle.responses(1);
    const begun = open();
    begun.socket.write(scrape(1) + scrape(1).slice(0, 30));
    await begun.responses(1);
    const handedOver = open();
    handedOver.socket.write('\r\n\r\n');
    await turnOfListener(open);
    await listener[Symbol.asyncDispose]();
    await Promise.all([idle.closed(), begun.closed(), handedOver.closed()]);
    assert.equal(begun.text.split('HTTP/1.1').length, 2);
  });

  test('takes no new connections', async (t) => {
    const { listener, open } = await listen(t);
    await listener[Symbol.asyncDispose]();
    const late = open();
    await late.closed();
    assert.equal(late.text, '');
  });

  for (const how of ['without TLS', 'with TLS']) {
    test(`waits for an announce that is being answered, ${how}, and its answer closes`, async (t) => {
      const port = await listen(t, how === 'with TLS' ? { certificate: firstPair } : {});
      const client = how === 'with TLS' ? port.openTls() : port.open();
      port.store.hold();
      client.socket.write(announce + scrape(1));
      await until(() => port.store.waiting === 1);
      const isEnded = port.listener[Symbol.asyncDispose]();
      port.store.release();
      await isEnded;
      await client.closed();
      assert.match(client.text, /^HTTP\/1\.1 200 OK\r\nConnection: close\r\n.*d8:completei.*e$/s);
      assert.equal(client.text.split('HTTP/1.1').length, 2);
    });
  }

  test('does not wait for longer than two seconds', async (t) => {
    const { clock, listener, store, open } = await listen(t);
    const client = open();
    store.hold();
    client.socket.write(announce);
    await until(() => store.waiting === 1);
    const isEnded = settled(listener[Symbol.asyncDispose]());
    await clock.run(1_900);
    assert.equal(isEnded.is, false);
    await clock.run(200);
    await isEnded.promise;
    await client.closed();
    assert.equal(client.text, '');
  });

  test('does not wait for longer for a client that does not read', async (t) => {
    const asked = Promise.withResolvers<void>();
    const control = (): Promise<ControlResponse> => {
      asked.resolve();
      return Promise.resolve({ status: 200, headers: {}, body: 'x'.repeat(30_000_000) });
    };
    const { clock, listener, open } = await listen(t, { control });
    const client = open();
    client.socket.pause();
    client.socket.write('GET /much HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked.promise;
    await turnOfListener(open);
    const isEnded = settled(listener[Symbol.asyncDispose]());
    await clock.run(1_900);
    assert.equal(isEnded.is, false);
    await clock.run(200);
    await isEnded.promise;
  });

  test('waits for a request that the control server has', async (t) => {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<ControlResponse>();
    const control = (): Promise<ControlResponse> => {
      asked.resolve();
      return answered.promise;
    };
    const { listener, open } = await listen(t, { control });
    const client = open();
    client.socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked.promise;
    const isEnded = settled(listener[Symbol.asyncDispose]());
    await new Promise(setImmediate);
    assert.equal(isEnded.is, false);
    answered.resolve({ status: 200, headers: {}, body: 'at last' });
    await isEnded.promise;
    await client.closed();
    assert.match(client.text, /at last$/);
  });

  test('does not wait for WebSockets', async (t) => {
    const { control, listener, open } = await listen(t);
    const sockets = new WebSocketServer({ noServer: true });
    control.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, () => {}));
    const client = open();
    const head = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    client.socket.write(`GET / HTTP/1.1\r\n${head}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    await client.responses(1);
    await listener[Symbol.asyncDispose]();
    assert.equal(client.socket.closed, false);
  });
});

/** Whether a promise has been settled. */
function settled(promise: Promise<void>): { is: boolean; readonly promise: Promise<void> } {
  const state = { is: false, promise };
  void promise.finally(() => {
    state.is = true;
  });
  return state;
}

/** The same where announces and scrapes wait. */
async function turnOfControl(open: () => Client): Promise<void> {
  const other = open();
  other.socket.write(post('/', 'x'));
  await other.responses(1);
}

/** What was written before has been read when a later connection is answered. */
async function turnOfListener(open: () => Client): Promise<void> {
  const other = open();
  other.socket.write(scrape(1));
  await other.responses(1);
}
