/** The look-up of TXT records over Node, with a name server of our own on loopback; no query leaves this machine. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { systemRandom } from '../../base/random.ts';
import { decodeUdpTrackerRequest } from '../../codec/announce/udp.ts';
import { addressEgress } from '../../net/egress/index.ts';
import { fakeSwarm, success, udpAnswer } from './fakes.test.ts';
import { nodeTrackerNetwork } from './node-network.ts';
import { trackerClient } from './tracker-client.ts';

const TXT = 16;
const Code = { ok: 0, failed: 2, unknownName: 3 } as const;
const open: Socket[] = [];

afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

async function listen(answer: (bytes: Buffer, reply: (bytes: Uint8Array) => void) => void): Promise<number> {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', (bytes, from) => answer(bytes, (reply) => socket.send(reply, from.port, from.address)));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

/** The name and the type of the one question of a DNS query (RFC 1035 §4.1), and where it ends. */
function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at++] as number; length > 0; length = query[at++] as number) {
    labels.push(query.toString('latin1', at, at + length));
    at += length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at), end: at + 4 };
}

/** A reply with these records, each given as its character strings. */
function replyTo(query: Buffer, code: number, records: readonly (readonly string[])[] = []): Uint8Array {
  const { end } = questionOf(query);
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const answers = records.map((strings) => {
    const data = Buffer.concat(strings.map((text) => Buffer.from([text.length, ...Buffer.from(text, 'latin1')])));
    const fields = Buffer.from([0xc0, 12, 0, TXT, 0, 1, 0, 0, 0, 60, 0, 0]);
    fields.writeUInt16BE(data.length, 10);
    return Buffer.concat([fields, data]);
  });
  return Buffer.concat([head, query.subarray(12, end), ...answers]);
}

/** A name server that knows TXT records; its address. */
async function serveNames(
  names: Record<string, readonly (readonly string[])[] | 'silent' | 'broken'>,
  asked: string[] = [],
): Promise<string> {
  const port = await listen((query, reply) => {
    const { name, type } = questionOf(query);
    asked.push(`${name} ${type}`);
    const records = names[name];
    if (records === 'silent') return;
    if (records === 'broken') reply(replyTo(query, Code.failed));
    else reply(replyTo(query, records === undefined ? Code.unknownName : Code.ok, records));
  });
  return `127.0.0.1:${port}`;
}

const lookUp = (server: string, name: string, signal = new AbortController().signal): Promise<readonly string[]> =>
  nodeTrackerNetwork(addressEgress({ nameServers: [server] })).resolveTxt(name, signal);

describe('a TXT look-up over a real name server', () => {
  it('asks for that name and type alone, and joins the strings of a record', async () => {
    const asked: string[] = [];
    const server = await serveNames({ 't.example': [['BITTORRENT UDP:', '1337'], ['v=spf1 -all']] }, asked);
    assert.deepEqual((await lookUp(server, 't.example')).toSorted(), ['BITTORRENT UDP:1337', 'v=spf1 -all']);
    assert.deepEqual([...new Set(asked)], ['t.example 16']);
  });

  it('finds none for a name without records, and for one that does not exist', async () => {
    const server = await serveNames({ 'bare.example': [] });
    assert.deepEqual(await lookUp(server, 'bare.example'), []);
    assert.deepEqual(await lookUp(server, 'missing.example'), []);
  });

  it('rejects when the server fails', async () => {
    await assert.rejects(lookUp(await serveNames({ 't.example': 'broken' }), 't.example'), { code: 'ESERVFAIL' });
  });

  it('rejects with ETIMEOUT within some seconds when the server is silent', async () => {
    // Unless it is told otherwise, the system's resolver takes far longer.
    const server = await serveNames({ 't.example': 'silent' });
    const patient = new Resolver();
    patient.setServers([server]);
    const first = await Promise.race([
      lookUp(server, 't.example').catch((error: { code: string }) => error.code),
      patient.resolveTxt('t.example').catch(() => 'the patient one'),
    ]);
    patient.cancel();
    assert.equal(first, 'ETIMEOUT');
  });

  it('ends with its signal, at once', async () => {
    const server = await serveNames({ 't.example': 'silent' });
    const controller = new AbortController();
    const other = lookUp(server, 't.example').catch(() => {});
    const looking = lookUp(server, 't.example', controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(Promise.race([looking, other]), /enough/);
    await other;
    await assert.rejects(lookUp(server, 't.example', controller.signal), /enough/);
  });
});

describe('a session whose tracker has moved (BEP 34)', () => {
  it('finds it at the port that DNS tells, over real sockets', async () => {
    const seen: string[] = [];
    const peers = [{ host: '192.0.2.1', port: 6881 }];
    const port = await listen((bytes, reply) => {
      const request = decodeUdpTrackerRequest(bytes);
      if (request?.action === 'announce') seen.push(`${request.request.event} ${request.urlData}`);
      reply(udpAnswer(bytes, 4, success({ peers })));
    });
    const server = await serveNames({ 'tracker.example': [[`BITTORRENT UDP:${port}`]] });
    const network = {
      ...nodeTrackerNetwork(addressEgress({ nameServers: [server] })),
      resolve: async () => ['127.0.0.1'],
    };
    const client = trackerClient(
      { useDnsPreferences: true },
      { clock: systemClock, random: systemRandom, logger: silentLogger, network },
    );
    const found = Promise.withResolvers<unknown>();
    const session = client.start(fakeSwarm([['http://tracker.example/pass/announce']]).swarm, found.resolve);
    assert.deepEqual(await found.promise, peers);
    await session.stop();
    assert.deepEqual(seen, ['started /pass/announce', 'stopped /pass/announce']);
  });

  it('contacts nobody when DNS tells that there is no tracker', async () => {
    const server = await serveNames({ 'www.example': [['BITTORRENT']] });
    const network = {
      ...nodeTrackerNetwork(addressEgress({ nameServers: [server] })),
      resolve: async () => ['127.0.0.1'],
    };
    const client = trackerClient(
      { useDnsPreferences: true },
      { clock: systemClock, random: systemRandom, logger: silentLogger, network },
    );
    const session = client.start(fakeSwarm([['http://www.example/announce']]).swarm, () => {});
    while (session.status()[0]?.state !== 'failed') await systemClock.sleep(10);
    assert.match(session.status()[0]?.message ?? '', /runs no tracker/);
    await session.stop();
  });
});
