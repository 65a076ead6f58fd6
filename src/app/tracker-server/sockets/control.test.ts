/** Requests besides announces and scrapes: long bodies, many at a time, clients that send slowly or not at all. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bodyLimits, type ControlHandler, type ControlResponse } from '../../tracker-api/index.ts';
import { ControlBudget } from './control-budget.ts';
import { announce, type Client, listen, post, type TestPort, until } from './http-fakes.test.ts';

const MIB = 1024 * 1024;
const TORRENTS = '/api/v1/tracker/torrents';
const TOKEN = `Authorization: Bearer dst_${'a'.repeat(43)}\r\n`;
const LONGEST_FILE = bodyLimits.torrentFile;
const file = (length = LONGEST_FILE): string => post(TORRENTS, 'x'.repeat(length), TOKEN);

const ask = (port: TestPort, request: string): Client => {
  const client = port.open();
  client.socket.write(request);
  return client;
};

async function answerOf(port: TestPort, request: string): Promise<string> {
  const client = ask(port, request);
  await client.closed();
  return client.text;
}

/** A handler that answers all when it is told to. */
function slowHandler(): { readonly handle: ControlHandler; readonly asked: { count: number }; answer(): void } {
  const answered = Promise.withResolvers<ControlResponse>();
  const asked = { count: 0 };
  return {
    asked,
    handle: () => {
      asked.count++;
      return answered.promise;
    },
    answer: () => answered.resolve({ status: 200, headers: {}, body: 'done' }),
  };
}

describe('the control server', () => {
  test('takes bodies of up to 64 KiB', async (t) => {
    const port = await listen(t);
    assert.match(await answerOf(port, post('/scrape', 'x'.repeat(MIB / 16))), /POST \/scrape 65536$/);
    assert.match(await answerOf(port, post('/scrape', 'x'.repeat(MIB / 16 + 1))), /^HTTP\/1\.1 413 /);
  });

  test('refuses a longer one, and the client that goes on sending sees so', async (t) => {
    const client = (await listen(t)).open();
    client.socket.pause();
    await new Promise((resolve) => client.socket.write(post('/scrape', 'x'.repeat(16 * MIB)), resolve));
    client.socket.resume();
    await client.closed();
    assert.match(client.text, /^HTTP\/1\.1 413 /);
  });

  test('refuses a longer one whose length nobody says before', async (t) => {
    const port = await listen(t);
    const part = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const head = 'POST /scrape HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.match(await answerOf(port, `${head}${part.repeat(4)}0\r\n\r\n`), /POST \/scrape 65536$/);
    assert.match(await answerOf(port, `${head}${part.repeat(5)}0\r\n\r\n`), /^HTTP\/1\.1 413 /);
  });

  test('takes a torrent file of up to 16 MiB, and only by POST at its place', async (t) => {
    const port = await listen(t);
    assert.match(await answerOf(port, file().replace(TORRENTS, `${TORRENTS}?name=x`)), /POST \S+ 16777216$/);
    for (const request of [
      file(LONGEST_FILE + 1),
      file().replace(TORRENTS, `${TORRENTS}/x`),
      file().replace('POST', 'PUT'),
      file().replace(TORRENTS, '/scrape'),
    ]) {
      assert.match(await answerOf(port, request), /^HTTP\/1\.1 413 /);
    }
  });

  test('takes a thousand changes of torrents with names of 300 characters', async (t) => {
    const port = await listen(t);
    const changes = Array.from({ length: 1000 }, (_, i) => ({ infoHash: `${i}`, name: 'x'.repeat(300) }));
    const request = post(TORRENTS, JSON.stringify({ changes }), TOKEN).replace('POST', 'PATCH');
    assert.match(await answerOf(port, request), /^HTTP\/1\.1 200 /);
  });

  test('says below /api/ as a problem that a body is too long', async (t) => {
    const text = await answerOf(await listen(t), file(LONGEST_FILE + 1));
    assert.match(text, /^HTTP\/1\.1 413 .*\r\ncontent-type: application\/problem\+json.*"code":"API_TOO_LARGE"/is);
  });

  test('reads no long body of who shows no token', async (t) => {
    const port = await listen(t);
    const head = `POST ${TORRENTS} HTTP/1.1\r\nHost: x\r\n`;
    const declared = ask(port, `${head}Content-Length: ${LONGEST_FILE}\r\n\r\n`);
    await declared.responses(1);
    assert.match(declared.text, /^HTTP\/1\.1 401 .*"code":"API_TOKEN_MISSING"/s);
    const chunked = ask(port, `${head}Transfer-Encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(0x20000)}\r\n`);
    await chunked.responses(1);
    assert.match(chunked.text, /^HTTP\/1\.1 401 /);
  });

  test('hands on just the bytes that came', async (t) => {
    const control: ControlHandler = ({ body }) =>
      Promise.resolve({ status: 200, headers: {}, body: `${Buffer.from(body).toString('hex')} of ${body.length}` });
    const port = await listen(t, { control });
    const head = 'POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.match(await answerOf(port, `${head}1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n`), /61626364 of 4$/);
  });

  test('refuses with 503 what would be more than 64 MiB of bodies at a time', async (t) => {
    const slow = slowHandler();
    const port = await listen(t, { control: slow.handle });
    const request = file();
    const first = [1, 2, 3, 4].map(() => ask(port, request));
    await until(() => slow.asked.count === 4);
    const unread = request.slice(0, 1000);
    const refused = ask(port, unread);
    await refused.responses(1);
    assert.match(refused.text, /^HTTP\/1\.1 503 .*\r\nretry-after: 5\r\n.*"code":"API_BUSY"/is);
    const chunked = unread.replace(/\r\nContent-Length.*/s, `\r\nTransfer-Encoding: chunked\r\n${TOKEN}\r\n`);
    const part = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    assert.match(await answerOf(port, `${chunked}${part.repeat(100)}0\r\n\r\n`), /^HTTP\/1\.1 503 /);
    slow.answer();
    await Promise.all(first.map((client) => client.closed()));
    assert.match(await answerOf(port, request), /done$/);
  });

  test('is not full by what clients only say that they will send', async (t) => {
    const port = await listen(t);
    for (let i = 0; i < 10; i++) ask(port, file().slice(0, 1000));
    assert.match(await answerOf(port, file()), /POST \S+ 16777216$/);
  });

  test('closes a connection whose body does not come', async (t) => {
    const port = await listen(t);
    const client = ask(port, post('/scrape', 'xxxx').slice(0, -2));
    const upload = ask(port, post(TORRENTS, 'xxxx', TOKEN).slice(0, -2));
    await answerOf(port, post('/scrape', ''));
    await port.clock.run(13_000);
    await client.closed();
    assert.equal(upload.socket.closed, false);
    await port.clock.run(50_000);
    await upload.closed();
  });

  test('closes a connection whose request is not answered', async (t) => {
    const slow = slowHandler();
    const port = await listen(t, { control: slow.handle });
    const client = ask(port, post('/scrape', ''));
    await until(() => slow.asked.count === 1);
    await port.clock.run(63_000);
    await client.closed();
    slow.answer();
  });

  test('shares its memory for bodies with the servers of other addresses and threads', async (t) => {
    const memory = ControlBudget.memory(2);
    const slow = slowHandler();
    const [one, other] = [new ControlBudget(memory, 0), new ControlBudget(memory, 1)];
    const ports = [
      await listen(t, { control: slow.handle, budget: one }),
      await listen(t, { control: slow.handle, budget: one }),
      await listen(t, { control: slow.handle, budget: other }),
    ] as const;
    const first = [...ports, ports[2]].map((port) => ask(port, file()));
    await until(() => slow.asked.count === 4);
    for (const port of ports) {
      const refused = ask(port, file().slice(0, 1000));
      await refused.responses(1);
      assert.match(refused.text, /^HTTP\/1\.1 503 /);
    }
    assert.equal(other.hasRoomFor(1), false);
    slow.answer();
    await Promise.all(first.map((client) => client.closed()));
    for (const port of ports) assert.match(await answerOf(port, file()), /done$/);
  });

  test('has at most 1000 connections with requests, and WebSockets beside them', async (t) => {
    const slow = slowHandler();
    const port = await listen(t, { control: slow.handle });
    let upgrades = 0;
    port.control.on('upgrade', (_request, socket) => {
      upgrades++;
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    const first = Array.from({ length: 1000 }, () => ask(port, post('/x', '')));
    await until(() => slow.asked.count === 1000);
    assert.equal(await answerOf(port, post('/x', '')), '');
    const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    assert.match(await answerOf(port, upgrade), /^HTTP\/1\.1 101 /);
    assert.equal(upgrades, 1);
    slow.answer();
    await Promise.all(first.map((client) => client.closed()));
    assert.match(await answerOf(port, post('/x', '')), /done$/);
  });

  for (const line of ['Content-Length : 45', 'Transfer-Encoding\t: chunked', 'X :y', 'X: y\r\n folded']) {
    test(`refuses an announce with the line ${JSON.stringify(line)}, and what comes behind it`, async (t) => {
      const text = await answerOf(await listen(t), announce.replace('Host: x', `Host: x\r\n${line}`) + announce);
      assert.match(text, /^HTTP\/1\.1 400 /);
      assert.equal(text.split('HTTP/1.1').length, 2);
    });
  }

  test('answers HEAD with the head alone', async (t) => {
    const control: ControlHandler = ({ method }) =>
      Promise.resolve({ status: 200, headers: { 'x-seen': method }, body: method === 'HEAD' ? '' : 'body' });
    const port = await listen(t, { control });
    const text = await answerOf(port, 'HEAD /announce HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\nx-seen: HEAD\r\n.*\r\n\r\n$/s);
    assert.doesNotMatch(text, /content-length|transfer-encoding/i);
  });

  test('asks a client that waits with its body for it', async (t) => {
    const port = await listen(t);
    const client = ask(port, post('/scrape', 'xxxx', 'Expect: 100-continue\r\n').slice(0, -4));
    await client.responses(1);
    assert.match(client.text, /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.socket.write('xxxx');
    await client.closed();
    assert.match(client.text, /POST \/scrape 4$/);
  });

  test('does not ask a client that waits with too long a body', async (t) => {
    const port = await listen(t);
    const head = `POST /scrape HTTP/1.1\r\nHost: x\r\nContent-Length: ${MIB}\r\nExpect: 100-continue\r\n\r\n`;
    assert.match(await answerOf(port, head), /^HTTP\/1\.1 413 /);
  });

  test('says 500 when there is no answer, or one that cannot be sent', async (t) => {
    let isThrown = true;
    const port = await listen(t, {
      control: () =>
        isThrown ? Promise.reject(new Error('no')) : Promise.resolve({ status: 200, headers: { x: '\n' }, body: '' }),
    });
    assert.match(await answerOf(port, post('/x', '')), /^HTTP\/1\.1 500 /);
    isThrown = false;
    assert.equal(await answerOf(port, post('/x', '')), '');
    assert.equal(await answerOf(port, post('/x', '')), '');
  });

  test('answers one request of a connection and never looks at those behind it', async (t) => {
    let count = 0;
    const control: ControlHandler = () => Promise.resolve({ status: 200, headers: {}, body: `${++count}` });
    const port = await listen(t, { control });
    assert.match(await answerOf(port, post('/x', '') + post('/x', '')), /1$/);
    assert.equal(count, 1);
  });
});
