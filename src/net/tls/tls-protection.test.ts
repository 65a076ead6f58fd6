/** TLS between pinned peers, held against the TLS of Node at the other end and against those who tamper. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import fc from 'fast-check';
import { issueCertificate } from '../../app/certificates/issue.ts';
import { generateKey, type KeyType, keyTypes } from '../../app/certificates/keys.ts';
import type { PeerAddress } from '../../base/address.ts';
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { silentLogger } from '../../base/logger.ts';
import { MemoryNetwork } from '../memory/index.ts';
import { protect } from '../protection/index.ts';
import { tcpTransport } from '../tcp/index.ts';
import type { Connection, Transport } from '../transport.ts';
import { tlsProtection } from './tls-protection.ts';

interface Party {
  readonly key: string;
  readonly cert: string;
  readonly fingerprint: string;
}

async function party(type: KeyType = 'ecdsa-p256'): Promise<Party> {
  const key = generateKey(type);
  const now = systemClock.wall();
  const { pem, fingerprint } = await issueCertificate({ key, hosts: [], purpose: 'peer', now, days: 1 });
  return { key: key.export({ type: 'pkcs8', format: 'pem' }), cert: pem, fingerprint };
}

const [alice, bob, mallory] = [await party(), await party(), await party()];

/** As `own`, with those who have these keys alone. */
function tlsOf(own: Party, pinned: readonly Party[], logger: Logger = silentLogger): Transport {
  const isPinned = (fingerprint: string): boolean => pinned.some((one) => one.fingerprint === fingerprint);
  const protections = [tlsProtection({ ...own, isPinned })];
  return protect(tcpTransport(), { protections, policy: 'required', clock: systemClock, logger });
}

/** What one end has received, and how it ended. */
class Heard {
  bytes = Buffer.alloc(0);
  readonly ended: Promise<Error | null>;
  readonly #wanted: (() => void)[] = [];

  constructor(connection: Connection) {
    this.ended = new Promise((close) => {
      connection.open({
        data: (view) => {
          this.bytes = Buffer.concat([this.bytes, view]);
          for (const wake of this.#wanted.splice(0)) wake();
        },
        drain: () => {},
        close,
      });
    });
  }

  async until(length: number): Promise<Buffer> {
    while (this.bytes.length < length) await new Promise<void>((resolve) => this.#wanted.push(resolve));
    return this.bytes;
  }
}

const local = { host: '127.0.0.1', port: 0 };

/** Listens as a transport; `next` is the next connection that was let in. */
async function listening(
  t: TestContext,
  transport: Transport,
): Promise<{ address: PeerAddress; next: Promise<Connection> }> {
  const next = Promise.withResolvers<Connection>();
  const { address, close } = await transport.listen(local, next.resolve);
  t.after(close);
  return { address, next: next.promise };
}

/** A TLS server of Node; gives its address and the next connection that was secured. */
async function nodeServer(
  t: TestContext,
  options: TlsOptions,
): Promise<{ address: PeerAddress; next: Promise<TLSSocket> }> {
  const next = Promise.withResolvers<TLSSocket>();
  const server = createServer({ requestCert: true, rejectUnauthorized: false, ...options }, (socket) => {
    socket.on('error', () => {});
    t.after(() => void socket.destroy());
    next.resolve(socket);
  });
  server.on('tlsClientError', (error) => next.reject(error));
  next.promise.catch(() => {});
  server.listen(0, local.host);
  await once(server, 'listening');
  t.after(() => void server.close());
  return { address: { ...local, port: (server.address() as AddressInfo).port }, next: next.promise };
}

function nodeClient(t: TestContext, { host, port }: PeerAddress, options: ConnectionOptions): TLSSocket {
  const socket = connect({ host, port, rejectUnauthorized: false, ...options });
  t.after(() => void socket.destroy());
  return socket;
}

/** Resolves with the reason for which a socket of Node ended. */
const endOf = (socket: TLSSocket): Promise<string> =>
  new Promise((resolve) => {
    socket.once('error', ({ message }) => resolve(message));
    socket.once('close', () => resolve('closed'));
    socket.resume();
  });

/** A logger that keeps the codes of refused connections. */
function refusals(): { logger: Logger; next: Promise<unknown> } {
  const next = Promise.withResolvers<unknown>();
  const note: Logger['info'] = (_, fields) => next.resolve(fields?.['code']);
  return { logger: { ...silentLogger, debug: note, info: note }, next: next.promise };
}

describe('a peer under TLS', () => {
  test('exchanges keys with X25519MLKEM768, as listener and as dialler', async (t) => {
    const { address, next } = await listening(t, tlsOf(bob, [alice]));
    const client = nodeClient(t, address, { key: alice.key, cert: alice.cert });
    await once(client, 'secureConnect');
    assert.equal(client.getProtocol(), 'TLSv1.3');
    assert.equal((client.getEphemeralKeyInfo() as { name?: string }).name, 'X25519MLKEM768');
    const accepted = await next;
    assert.equal(accepted.protection, 'tls');
    accepted.close();

    const server = await nodeServer(t, { key: bob.key, cert: bob.cert, ecdhCurve: 'X25519MLKEM768' });
    const dialled = await tlsOf(alice, [bob]).dial(server.address);
    assert.equal((await server.next).getProtocol(), 'TLSv1.3');
    assert.equal(dialled.protection, 'tls');
    dialled.close();
  });

  test('falls back to X25519 alone, and to nothing else', async (t) => {
    // With keys of Ed25519, because those of P-256 need that curve in TLS 1.2.
    const [near, far] = [await party('ed25519'), await party('ed25519')];
    const own = { key: far.key, cert: far.cert };
    const x25519 = await nodeServer(t, { ...own, ecdhCurve: 'X25519' });
    (await tlsOf(near, [far]).dial(x25519.address)).close();
    for (const options of [{ ecdhCurve: 'P-256' }, { maxVersion: 'TLSv1.2' }] as const) {
      const server = await nodeServer(t, { ...own, ...options });
      await assert.rejects(tlsOf(near, [far]).dial(server.address), { code: 'NET_PROTECTION_FAILED' });
      const { address } = await listening(t, tlsOf(far, [near]));
      const client = nodeClient(t, address, { key: near.key, cert: near.cert, ...options });
      assert.notEqual(await endOf(client), 'closed');
    }
  });

  test('hears nothing more of what was on its way once it has closed', async (t) => {
    const { address, next } = await listening(t, tlsOf(bob, [alice]));
    const dialled = await tlsOf(alice, [bob]).dial(address);
    dialled.send(randomBytes(900_000));
    const accepted = await next;
    let views = 0;
    const ended = new Promise((close) => {
      accepted.open({
        data: () => {
          views++;
          accepted.close();
        },
        drain: () => {},
        close,
      });
    });
    assert.equal(await ended, null);
    assert.equal(views, 1);
  });

  test('takes certificates with each kind of key that is made here', async (t) => {
    for (const type of keyTypes) {
      const [near, far] = [await party(type), await party(type)];
      const { address, next } = await listening(t, tlsOf(far, [near]));
      const dialled = await tlsOf(near, [far]).dial(address, { greeting: Buffer.from(type) });
      assert.equal(String(await new Heard(await next).until(type.length)), type);
      dialled.close();
    }
  });

  test('sends its own certificate alone, also of one with its chain', async (t) => {
    const cert = [alice.cert, ...Array<string>(40).fill(mallory.cert)].join('');
    const { address, next } = await listening(t, tlsOf(bob, [alice]));
    const dialled = await tlsOf({ ...alice, cert }, [bob]).dial(address);
    const accepted = await Promise.race([next, new Heard(dialled).ended.then(() => assert.fail('refused'))]);
    accepted.close();
  });

  test('resumes no session: each connection shows its certificate', async (t) => {
    const transport = tlsOf(bob, [alice]);
    const sessions: Buffer[] = [];
    for (let i = 0; i < 2; i++) {
      const { address, next } = await listening(t, transport);
      const own = { key: alice.key, cert: alice.cert };
      const client = nodeClient(t, address, sessions[0] === undefined ? own : { ...own, session: sessions[0] });
      client.on('session', (session) => sessions.push(session));
      (await next).send(Uint8Array.of(1));
      await once(client, 'data');
      assert.equal(client.isSessionReused(), false);
    }
    assert.ok(sessions.length > 1);
  });
});

describe('a pin', () => {
  test('that the listener does not have ends a dial before anything is sent', async (t) => {
    const server = await nodeServer(t, { key: mallory.key, cert: mallory.cert });
    const dial = tlsOf(alice, [bob]).dial(server.address, { greeting: Buffer.from('secret') });
    await assert.rejects(dial, { code: 'PIN_MISMATCH', details: { fingerprint: mallory.fingerprint } });
    const socket = await server.next;
    let received = 0;
    socket.on('data', ({ length }) => (received += length));
    await endOf(socket);
    assert.equal(received, 0);
  });

  test('that the dialler does not have ends a connection before anybody hears of it', async (t) => {
    const { logger, next: refused } = refusals();
    const { address, next } = await listening(t, tlsOf(bob, [alice], logger));
    void next.then(() => assert.fail('let in'));
    const dialled = await tlsOf(mallory, [bob]).dial(address);
    const heard = new Heard(dialled);
    assert.equal(await refused, 'PIN_MISMATCH');
    await heard.ended;
    assert.equal(heard.bytes.length, 0);
  });

  test('is asked of the key, whatever else the certificate says', async (t) => {
    const key = generateKey('ecdsa-p256');
    const expired = await issueCertificate({ key, hosts: [], purpose: 'server', now: 1_000_000_000, days: 1 });
    const old = {
      key: key.export({ type: 'pkcs8', format: 'pem' }),
      cert: expired.pem,
      fingerprint: expired.fingerprint,
    };
    const { address, next } = await listening(t, tlsOf(old, [alice]));
    const dialled = await tlsOf(alice, [old]).dial(address);
    (await next).close();
    dialled.close();
  });

  test('cannot be met with the certificate of another', async (t) => {
    await assert.rejects(async () => tlsProtection({ key: mallory.key, cert: bob.cert, isPinned: () => true }), {
      code: 'PIN_CERTIFICATE',
      message: /does not belong/,
    });
    const { address } = await listening(t, tlsOf(bob, [alice]));
    const client = nodeClient(t, address, {});
    await endOf(client);
    const { logger, next: refused } = refusals();
    const strict = await listening(t, tlsOf(bob, [alice], logger));
    nodeClient(t, strict.address, {}).on('error', () => {});
    assert.equal(await refused, 'NET_PROTECTION_FAILED');
  });
});

/** A proxy that changes what goes from the dialler to the listener, chunk by chunk; null ends the connection. */
async function tamperer(
  t: TestContext,
  target: PeerAddress,
  change: (chunk: Buffer, index: number) => Buffer | null,
): Promise<{ address: PeerAddress; seen: Buffer[] }> {
  const seen: Buffer[] = [];
  const server = createTcpServer((near: Socket) => {
    const far = connectTcp(target.port, target.host);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('data', (chunk: Buffer) => {
      seen.push(chunk);
      const changed = change(chunk, seen.length - 1);
      if (changed === null) for (const socket of [near, far]) socket.end();
      else far.write(changed);
    });
    far.on('data', (chunk: Buffer) => near.write(chunk));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, local.host);
  await once(server, 'listening');
  t.after(() => void server.close());
  return { address: { ...local, port: (server.address() as AddressInfo).port }, seen };
}

describe('who stands between', () => {
  test('sees nothing of what is said', async (t) => {
    const { address, next } = await listening(t, tlsOf(bob, [alice]));
    const proxy = await tamperer(t, address, (chunk) => chunk);
    const words = Buffer.from('BitTorrent protocol, and a name: album');
    const dialled = await tlsOf(alice, [bob]).dial(proxy.address, { greeting: words });
    assert.deepEqual(await new Heard(await next).until(words.length), words);
    dialled.close();
    const all = Buffer.concat(proxy.seen);
    for (const part of [
      words.subarray(0, 8),
      words.subarray(-5),
      Buffer.from(alice.cert.split('\n')[2] as string, 'base64'),
    ]) {
      assert.equal(all.includes(part), false);
    }
  });

  test('changes no byte without ending the connection with an error', async (t) => {
    const { address, next } = await listening(t, tlsOf(bob, [alice]));
    let isTampering = false;
    const proxy = await tamperer(t, address, (chunk) => {
      if (isTampering) chunk[chunk.length - 1] = (chunk[chunk.length - 1] as number) ^ 1;
      return chunk;
    });
    const dialled = await tlsOf(alice, [bob]).dial(proxy.address);
    const near = new Heard(dialled);
    const far = new Heard(await next);
    dialled.send(Buffer.from('good'));
    await far.until(4);
    isTampering = true;
    dialled.send(randomBytes(1000));
    assert.equal(((await far.ended) as { code?: string } | null)?.code, 'NET_TAMPERED');
    assert.equal(String(far.bytes), 'good');
    assert.notEqual(await near.ended, null);
  });

  test('cuts nothing off without being noticed, within a record', async (t) => {
    const { address, next } = await listening(t, tlsOf(bob, [alice]));
    let isCutting = false;
    let isCut = false;
    const proxy = await tamperer(t, address, (chunk) => {
      if (isCut) return null;
      isCut = isCutting;
      return isCutting ? chunk.subarray(0, -7) : chunk;
    });
    const dialled = await tlsOf(alice, [bob]).dial(proxy.address);
    const near = new Heard(dialled);
    const far = new Heard(await next);
    dialled.send(Buffer.from('good'));
    await far.until(4);
    isCutting = true;
    dialled.send(randomBytes(1000));
    (await next).send(Uint8Array.of(1));
    await near.until(1);
    dialled.send(randomBytes(1));
    assert.equal(((await far.ended) as { code?: string } | null)?.code, 'NET_TRUNCATED');
    assert.equal(String(far.bytes), 'good');
  });

  test('ends a handshake in which a byte is changed or missing', async (t) => {
    for (const change of [
      (chunk: Buffer) => chunk.map((byte, i) => (i === 20 ? byte ^ 1 : byte)), // in the random of the ClientHello, and further on
      (chunk: Buffer, index: number) => (index === 0 ? chunk : null),
      () => null,
    ]) {
      const { address } = await listening(t, tlsOf(bob, [alice]));
      const proxy = await tamperer(t, address, (chunk, index) => {
        const changed = change(chunk, index);
        return changed === null ? null : Buffer.from(changed);
      });
      const dial = tlsOf(alice, [bob]).dial(proxy.address);
      // The dialler is through when it has sent its last message; then the listener is not.
      const connection = await dial.catch((error: { code: string }) => {
        assert.equal(error.code, 'NET_PROTECTION_FAILED');
        return null;
      });
      if (connection !== null) await new Heard(connection).ended;
    }
  });
});

describe('what comes in', () => {
  const { openingLength } = tlsProtection({ ...bob, isPinned: () => true });
  const noSwarms = { revision: 0, infoHashes: () => [], secretOf: () => null };

  test('is TLS when it begins as a ClientHello', async (t) => {
    const server = createTcpServer().listen(0, local.host);
    await once(server, 'listening');
    t.after(() => void server.close());
    const { port } = server.address() as AddressInfo;
    nodeClient(t, { ...local, port }, {}).on('error', () => {});
    const [socket] = (await once(server, 'connection')) as [Socket];
    const [hello] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    for (let length = 1; length <= 20; length++) {
      assert.equal(openingLength(hello.subarray(0, length), noSwarms), length < 6 ? null : hello.length, `${length}`);
    }
  });

  test('is something else when it is not', () => {
    for (const hex of ['13426974', '47455420', '17', '1602', '160305', '160301020002', '160301400101', '1503010002']) {
      assert.equal(openingLength(Buffer.from(hex, 'hex'), noSwarms), 0, hex);
    }
  });

  test('is at most 16 KiB before the handshake is done, from whoever it is', async (t) => {
    const chain = [alice.cert, ...Array<string>(40).fill(mallory.cert)].join('');
    const { logger, next: refused } = refusals();
    const { address, next } = await listening(t, tlsOf(bob, [alice], logger));
    void next.then(() => assert.fail('let in'));
    nodeClient(t, address, { key: alice.key, cert: chain }).on('error', () => {});
    assert.equal(await refused, 'NET_PROTECTION_FAILED');
    const server = await nodeServer(t, { key: alice.key, cert: chain });
    await assert.rejects(tlsOf(bob, [alice]).dial(server.address), {
      code: 'NET_PROTECTION_FAILED',
      message: /more than 16384 bytes/,
    });
  });

  test('has its certificate judged while it is delivered, where that time is measured', async () => {
    const network = new MemoryNetwork();
    const address = { host: '10.0.0.2', port: 1 };
    const judged: boolean[] = [];
    let isDelivering = false;
    const { accept } = tlsProtection({ ...bob, isPinned: () => judged.push(isDelivering) > 0 });
    const accepted = Promise.withResolvers<Connection>();
    await network.transport(address.host).listen(address, (connection) => {
      const { open } = connection;
      connection.open = (handlers) => {
        const data = (view: Uint8Array): void => {
          isDelivering = true;
          handlers.data(view);
          isDelivering = false;
        };
        open.call(connection, { ...handlers, data });
      };
      accepted.resolve(accept(connection, noSwarms, new Uint8Array(0)));
    });
    const dialled = await tlsProtection({ ...alice, isPinned: () => true }).dial(
      await network.transport('10.0.0.1').dial(address),
      {},
    );
    await accepted.promise;
    dialled.close();
    assert.deepEqual(judged, [true]);
  });

  test('may be anything and ends in a refusal that is ours', async () => {
    const hello = Buffer.from('16030102000100', 'hex');
    const address = { host: '10.0.0.2', port: 1 };
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.boolean(), async (bytes, withHead) => {
        const network = new MemoryNetwork();
        const { accept } = tlsProtection({ ...bob, isPinned: () => true });
        const accepted = Promise.withResolvers<Connection>();
        await network.transport(address.host).listen(address, accepted.resolve);
        const dialled = await network.transport('10.0.0.1').dial(address);
        const secured = accept(await accepted.promise, noSwarms, bytes);
        dialled.open({ data: () => {}, drain: () => {}, close: () => {} });
        dialled.send(withHead ? Buffer.concat([hello, bytes]) : bytes);
        dialled.close();
        await assert.rejects(secured, { code: 'NET_PROTECTION_FAILED' });
      }),
      { numRuns: 200 },
    );
  });
});
