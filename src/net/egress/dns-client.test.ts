/** Look-ups over real sockets, with name servers of our own on loopback; no question leaves this machine. */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { parseHost } from '../../base/address.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { addressEgress } from './address-egress.ts';
import { DnsClient } from './dns-client.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

const never = new AbortController().signal;
const TYPES = { A: 1, TXT: 16, AAAA: 28 } as const;
type Records = Partial<Record<keyof typeof TYPES, readonly string[]>>;

interface Behaviour {
  readonly records?: Records;
  /** RFC 1035 §4.1.1; 2 = the server failed. */
  readonly code?: number;
  /** Over UDP nothing but the mark that there is more. */
  readonly isTruncated?: boolean;
}

function reply(query: Uint8Array, { records = {}, code = 0 }: Behaviour, isTruncated = false): Buffer {
  const type = Buffer.from(query).readUInt16BE(query.length - 4);
  const [kind = 'A'] = (Object.keys(TYPES) as (keyof typeof TYPES)[]).filter((name) => TYPES[name] === type);
  const answers = isTruncated ? [] : (records[kind] ?? []);
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code | (isTruncated ? 0x0200 : 0), 2);
  head.writeUInt16BE(answers.length, 6);
  const encoded = answers.map((text) => {
    const data = kind === 'TXT' ? Buffer.from([text.length, ...Buffer.from(text)]) : Buffer.from(parseHost(text) ?? []);
    return Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]), data]);
  });
  return Buffer.concat([head, query.subarray(12), ...encoded]);
}

/** A name server over UDP and, on the same port, TCP; its address. */
async function serve(
  behaviour: Behaviour | ((query: Buffer, answer: (bytes: Uint8Array) => void, from: RemoteInfo) => void),
): Promise<string> {
  const tcp: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      const message = reply(bytes.subarray(2), behaviour as Behaviour);
      const framed = Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);
      // In two parts: an answer may come in any.
      socket.write(framed.subarray(0, 7));
      setImmediate(() => socket.end(framed.subarray(7)));
    });
  });
  const port = await freePort();
  tcp.listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    const answer = (bytes: Uint8Array): void => udp.send(bytes, from.port, from.address);
    if (typeof behaviour === 'function') behaviour(query, answer, from);
    else answer(reply(query, behaviour, behaviour.isTruncated));
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  open.push(tcp, udp);
  return `127.0.0.1:${port}`;
}

const client = (servers: readonly string[], own: readonly string[] = [], bind: readonly string[] = []): DnsClient =>
  new DnsClient({
    clock: systemClock,
    random: systemRandom,
    egress: addressEgress({ bind }),
    nameServers: () => servers,
    isOwn: (host) => own.includes(host),
  });

describe('a look-up', () => {
  it('finds the addresses of both families, IPv4 first', async () => {
    const server = await serve({ records: { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] } });
    assert.deepEqual(await client([server]).resolve('t.example'), ['192.0.2.1', '192.0.2.2', '2001:db8::1']);
  });

  it('asks only for families that can be used', async () => {
    const server = await serve({ records: { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] } });
    assert.deepEqual(await client([server], [], ['127.0.0.1']).resolve('t.example'), ['192.0.2.1']);
  });

  it('finds texts, and none where there is none or no such name', async () => {
    const server = await serve({ records: { TXT: ['BITTORRENT UDP:1337'] } });
    assert.deepEqual(await client([server]).resolveTxt('t.example', never), ['BITTORRENT UDP:1337']);
    assert.deepEqual(await client([await serve({})]).resolveTxt('t.example', never), []);
    assert.deepEqual(await client([await serve({ code: 3 })]).resolveTxt('t.example', never), []);
  });

  it('is made over TCP where the answer does not fit a datagram', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `${i} ${'x'.repeat(100)}`);
    const server = await serve({ records: { TXT: texts }, isTruncated: true });
    assert.deepEqual(await client([server]).resolveTxt('t.example', never), texts);
  });

  it('goes to the next server when one fails, or is not there', async () => {
    const good = await serve({ records: { TXT: ['here'] } });
    assert.deepEqual(await client([await serve({ code: 2 }), good]).resolveTxt('t.example', never), ['here']);
    const gone = client(['[2001:db8::53]:53', good], [], ['127.0.0.1']);
    assert.deepEqual(await gone.resolveTxt('t.example', never), ['here']);
  });

  it('fails when there is no address', async () => {
    const nowhere = { code: 'NET_LOOKUP_FAILED', message: /t\.example has no address/ };
    await assert.rejects(client([await serve({})]).resolve('t.example'), nowhere);
    await assert.rejects(client([await serve({ code: 3 })]).resolve('t.example'), nowhere);
  });

  it('fails with what each server said', async () => {
    const server = await serve({ code: 5 });
    const failed = { code: 'NET_LOOKUP_FAILED', message: new RegExp(`${server} answered with code 5`) };
    await assert.rejects(client([server]).resolve('t.example'), failed);
    await assert.rejects(client([]).resolve('t.example'), /there is no name server/);
    await assert.rejects(client([server]).resolve('a..b'), /no name/);
  });

  it('takes no answer to another question, and none from another address', async () => {
    const stranger = createSocket('udp4');
    open.push(stranger);
    const server = await serve((query, answer, from) => {
      const forged = reply(query, { records: { TXT: ['forged'] } });
      answer(forged.map((byte, i) => (i === 1 ? byte ^ 1 : byte)));
      answer(Buffer.from('garbage'));
      stranger.send(forged, from.port, from.address, () => answer(reply(query, { records: { TXT: ['true'] } })));
    });
    assert.deepEqual(await client([server]).resolveTxt('t.example', never), ['true']);
  });

  it('asks a silent server twice, for a second and for two, and gives up', async () => {
    const clock = new SimClock();
    let asked = 0;
    const heard = Promise.withResolvers<void>();
    const server = await serve(() => {
      asked++;
      heard.resolve();
    });
    const egress = addressEgress();
    const deps = { clock, random: systemRandom, egress, nameServers: () => [server], isOwn: () => false };
    const looking = assert.rejects(new DnsClient(deps).resolveTxt('t.example', never), /no answer within 2000 ms/);
    await heard.promise;
    await clock.run(999);
    assert.equal(asked, 1);
    await clock.run(2001);
    await looking;
  });

  it('ends with its signal, at once', async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort(new Error('enough')));
    await assert.rejects(client([server]).resolveTxt('t.example', controller.signal), /enough/);
    await assert.rejects(client([server]).resolveTxt('t.example', controller.signal), /enough/);
  });

  it('asks no server on this machine', async () => {
    let asked = 0;
    const server = await serve(() => asked++);
    const own = client([server, 'nonsense'], ['127.0.0.1']);
    await assert.rejects(own.resolve('t.example'), /127\.0\.0\.1:\d+ is on this machine/);
    assert.equal(asked, 0);
    assert.deepEqual(own.servers().usable, []);
    assert.equal(own.servers().refused.length, 2);
  });
});
