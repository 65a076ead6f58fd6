/** Sessions that speak only with peers whose keys are pinned, over loopback: what they share, and whom they refuse. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { initTls, type KeyType } from '../../src/app/certificates/index.ts';
import { createSealedTorrent } from '../../src/app/sealed-torrent/index.ts';
import type { PeerAddress } from '../../src/base/address.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Metainfo, TransportPolicy } from '../../src/codec/metainfo/index.ts';
import { hybridRecipient } from '../../src/codec/dst/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../../src/crypto/x-wing.ts';
import { createSession, type Session, type SessionOptions, type SessionTorrent } from '../../src/index.ts';
import type { SwarmSecret } from '../../src/net/index.ts';
import { noise } from '../../src/net/noise/index.ts';
import { protect } from '../../src/net/protection/index.ts';
import { tcpTransport } from '../../src/net/tcp/index.ts';
import { scratchFolder } from './cli-process.ts';
import { diskTorrent } from './disk-torrent.ts';

interface Party {
  readonly key: string;
  readonly cert: string;
  readonly fingerprint: string;
}

/** A key and its certificate, as `dst tls init --purpose peer` makes them. */
async function party(folder: string, name: string, keyType: KeyType = 'ecdsa-p256'): Promise<Party> {
  const common = { hosts: [], purpose: 'peer', days: 1, mayReplace: false, now: systemClock.wall() } as const;
  const { paths, certificate } = await initTls({ ...common, directory: join(folder, 'tls', name), name, keyType });
  const [key, cert] = await Promise.all([paths.key, paths.certificate].map((path) => readFile(path, 'utf8')));
  return { key: key as string, cert: cert as string, fingerprint: certificate.fingerprint };
}

/** What a session has logged, by its codes. */
class Log {
  readonly codes: unknown[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #note = (_: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    this.codes.push(fields['code']);
    for (const wake of this.#waiting.splice(0)) wake();
  };
  readonly logger: Logger = { ...silentLogger, debug: this.#note, info: this.#note };

  async until(code: string): Promise<void> {
    while (!this.codes.includes(code)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

interface Member {
  readonly session: Session;
  readonly log: Log;
  readonly directory: string;
}

/** A folder with keys, content and sessions, all gone at its end. */
class Scene implements AsyncDisposable {
  readonly folder: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(folder: string, stack: AsyncDisposableStack) {
    this.folder = folder;
    this.#stack = stack;
  }

  static async open(): Promise<Scene> {
    const stack = new AsyncDisposableStack();
    const { path } = stack.use(await scratchFolder());
    return new Scene(path, stack);
  }

  party(name: string, keyType?: KeyType): Promise<Party> {
    return party(this.folder, name, keyType);
  }

  async member(name: string, options: SessionOptions): Promise<Member> {
    const log = new Log();
    const directory = join(this.folder, name);
    const common = { bind: ['127.0.0.1'], useTrackers: false, stateDirectory: `${directory}-state`, directory };
    const session = this.#stack.use(await createSession({ ...common, logger: log.logger, ...options }));
    return { session, log, directory };
  }

  /** A session of `own` for those who have one of these keys alone. */
  pinned(name: string, own: Party, ...others: readonly Party[]): Promise<Member> {
    return this.member(name, { tls: { ...own, pins: others.map(({ fingerprint }) => fingerprint) } });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Adds a torrent, and keeps what protects the connections to its peers. */
async function share(
  { session }: Member,
  source: Metainfo,
  options: Parameters<Session['add']>[1] = {},
): Promise<{ torrent: SessionTorrent; protections: (string | null)[] }> {
  const torrent = await session.add(source, options);
  const protections: (string | null)[] = [];
  torrent.on('peerConnected', () => protections.push(...torrent.peers().map(({ protection }) => protection)));
  if (options.isSeedOnly === true) await torrent.ready();
  return { torrent, protections };
}

const addressOf = ({ session }: Member): PeerAddress => session.listening[0] as PeerAddress;

function assertNothing({ torrent, protections }: Awaited<ReturnType<typeof share>>): void {
  assert.deepEqual([torrent.status().downloaded, torrent.peers().length, protections], [0, 0, []]);
}

describe('a session with pinned keys', () => {
  for (const keyType of ['ecdsa-p256', 'ml-dsa-65'] as const) {
    test(`shares a torrent with one that holds such a key, under TLS (${keyType})`, async () => {
      await using scene = await Scene.open();
      const [alice, bob] = [await scene.party('alice', keyType), await scene.party('bob', keyType)];
      const content = await diskTorrent(join(scene.folder, 'content'), { files: [300_000], version: 'hybrid' });
      const seeder = await scene.pinned('seeder', alice, bob);
      const seed = await share(seeder, content.metainfo, { directory: content.folder, isSeedOnly: true });
      const reader = await scene.pinned('reader', bob, await scene.party('carol'), alice);
      const got = await share(reader, content.metainfo, { peers: seeder.session.listening });
      await got.torrent.completed();
      assert.deepEqual([seed.protections, got.protections], [['tls'], ['tls']]);
      assert.deepEqual(await readFile(join(reader.directory, content.metainfo.info.name)), Buffer.from(content.data));
    });
  }

  test('exchanges keys with X25519MLKEM768, as listener and as dialler', async (t) => {
    await using scene = await Scene.open();
    const [alice, bob] = [await scene.party('alice'), await scene.party('bob')];
    const content = await diskTorrent(join(scene.folder, 'content'), { files: [300_000] });
    const member = await scene.pinned('member', alice, bob);
    const client = connect({ ...addressOf(member), key: bob.key, cert: bob.cert, rejectUnauthorized: false });
    t.after(() => client.destroy());
    await once(client, 'secureConnect');
    assert.deepEqual(
      [client.getProtocol(), (client.getEphemeralKeyInfo() as { name?: string }).name],
      ['TLSv1.3', 'X25519MLKEM768'],
    );

    const theirs = { key: bob.key, cert: bob.cert, requestCert: true, rejectUnauthorized: false };
    const server = createServer({ ...theirs, ecdhCurve: 'X25519MLKEM768' }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const peers = [{ host: '127.0.0.1', port: (server.address() as AddressInfo).port }];
    await share(member, content.metainfo, { peers });
    const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
    t.after(() => socket.destroy());
    assert.equal(socket.getProtocol(), 'TLSv1.3');
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    assert.equal(greeting.subarray(1, 20).toString(), 'BitTorrent protocol');
    // Answered in kind it says that it would not be dialled with MSE, so that nobody counts on that.
    socket.write(Buffer.concat([greeting.subarray(0, 48), Buffer.alloc(20, 1)]));
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
    while (!said.includes('1:ei')) await once(socket, 'data');
    assert.match(said, /1:ei0e/);
  });

  test('tells nothing to who has another key, whoever dials', async () => {
    await using scene = await Scene.open();
    const [alice, bob, mallory] = [await scene.party('a'), await scene.party('b'), await scene.party('m')];
    const content = await diskTorrent(join(scene.folder, 'content'), { files: [300_000] });
    const seeder = await scene.pinned('seeder', alice, bob);
    await share(seeder, content.metainfo, { directory: content.folder, isSeedOnly: true });
    const stranger = await scene.pinned('stranger', mallory, alice);
    const got = await share(stranger, content.metainfo, { peers: [addressOf(seeder)] });
    await seeder.log.until('PIN_MISMATCH');
    assertNothing(got);

    const reader = await scene.pinned('reader', bob, alice);
    const deceived = await share(reader, content.metainfo, { peers: [addressOf(stranger)] });
    await reader.log.until('PIN_MISMATCH');
    assertNothing(deceived);
  });

  test('charges who comes the time that his handshake takes of this thread', async (t) => {
    await using scene = await Scene.open();
    const [alice, bob, mallory] = [await scene.party('a'), await scene.party('b'), await scene.party('m')];
    const member = await scene.pinned('member', alice, bob);
    let user = 0;
    t.mock.method(process, 'threadCpuUsage', () => ({ user: (user += 20_000), system: 0 }));
    const codes = ['PIN_MISMATCH', 'NET_TOO_MANY_STRANGERS'];
    for (const code of codes) {
      const own = { key: mallory.key, cert: mallory.cert, rejectUnauthorized: false };
      const client = connect({ ...addressOf(member), ...own }).on('error', () => {});
      await new Promise((closed) => client.resume().on('close', closed));
      await member.log.until(code);
    }
    assert.deepEqual(
      member.log.codes.filter((code) => code !== undefined),
      codes,
    );
  });

  for (const [encryption, code] of [
    ['plaintext', 'NET_PLAINTEXT_REFUSED'],
    ['required', 'NET_PROTECTION_FAILED'],
  ] as const) {
    test(`refuses peers that know no TLS, and dials them with nothing else (encryption ${encryption})`, async () => {
      await using scene = await Scene.open();
      const [alice, bob] = [await scene.party('alice'), await scene.party('bob')];
      const content = await diskTorrent(join(scene.folder, 'content'), { files: [300_000] });
      const seeding = { directory: content.folder, isSeedOnly: true };
      const seeder = await scene.pinned('seeder', alice, bob);
      await share(seeder, content.metainfo, seeding);
      const other = await scene.member('other', { encryption });
      const got = await share(other, content.metainfo, { peers: [addressOf(seeder)] });
      await seeder.log.until(code);
      assertNothing(got);

      const otherSeeder = await scene.member('other-seeder', { encryption });
      const seed = await share(otherSeeder, content.metainfo, seeding);
      const reader = await scene.pinned('reader', bob, alice);
      const deceived = await share(reader, content.metainfo, { peers: [addressOf(otherSeeder)] });
      await reader.log.until('NET_PROTECTION_FAILED');
      assertNothing(deceived);
      assert.deepEqual(seed.protections, []);
    });
  }
});

/**
 * Dials under Noise, as one who knows the info hash of a torrent, and its secret if there is one; again when it was turned
 * away because strangers have only so much time in a second.
 */
async function dialNoise(member: Member, infoHash: Uint8Array, secret: SwarmSecret | null): Promise<void> {
  const protections = [noise({ primitives: nodePrimitives, random: systemRandom })];
  const options = { protections, policy: 'required', clock: systemClock, logger: silentLogger } as const;
  const transport = protect(tcpTransport(), options);
  const { codes } = member.log;
  for (;;) {
    const before = codes.length;
    try {
      const connection = await transport.dial(addressOf(member), { infoHash, secret, isKnownSecure: true });
      return connection.close();
    } catch (error) {
      if (!codes.includes('NET_TOO_MANY_STRANGERS', before)) throw error;
      await sleep(1000);
    }
  }
}

describe('a sealed torrent in a session with pinned keys', () => {
  const text = 'We meet under the old bridge. '.repeat(10_000);

  const sealed = async (scene: Scene, transport: TransportPolicy): Promise<Metainfo> => {
    await mkdir(join(scene.folder, 'plans'), { recursive: true });
    await writeFile(join(scene.folder, 'plans', 'plan.txt'), text);
    const publicKey = xWingPublicKeyOf(nodePrimitives, systemRandom.bytes(32));
    const recipients = [hybridRecipient(nodePrimitives, systemRandom, publicKey)];
    return (await createSealedTorrent(join(scene.folder, 'plans'), { recipients, transport })).metainfo;
  };
  const namesOf = ({ infoHashes: { v1, v2 } }: Metainfo): Uint8Array[] =>
    [v1, v2].filter((name) => name !== null).map((name) => name.subarray(0, 20));

  for (const [transport, expected] of [
    ['required', 'noise'],
    ['prefer', 'noise'],
    ['off', 'tls'],
  ] as const) {
    test(`is shared under ${expected} where its author says ${transport}`, async () => {
      await using scene = await Scene.open();
      const [alice, bob] = [await scene.party('alice'), await scene.party('bob')];
      const metainfo = await sealed(scene, transport);
      const seeder = await scene.pinned('seeder', alice, bob);
      await share(seeder, metainfo, { directory: scene.folder, isSeedOnly: true });
      const reader = await scene.pinned('reader', bob, alice);
      const got = await share(reader, metainfo, { peers: [addressOf(seeder)] });
      await got.torrent.completed();
      assert.deepEqual(got.protections, [expected]);
      assert.equal(await readFile(join(reader.directory, 'plans', 'plan.txt'), 'utf8'), text);
    });
  }

  test('is open to its readers by its secret, pinned or not, where its author asks for that', async () => {
    await using scene = await Scene.open();
    const [alice, bob] = [await scene.party('alice'), await scene.party('bob')];
    const metainfo = await sealed(scene, 'required');
    const seeder = await scene.pinned('seeder', alice, bob);
    await share(seeder, metainfo, { directory: scene.folder, isSeedOnly: true });
    const reader = await scene.member('reader', {});
    const got = await share(reader, metainfo, { peers: [addressOf(seeder)] });
    await got.torrent.completed();
    assert.deepEqual(got.protections, ['noise']);
  });

  test('is no way in for those who have no secret of such a torrent to prove', async () => {
    await using scene = await Scene.open();
    const [alice, bob] = [await scene.party('alice'), await scene.party('bob')];
    const content = await diskTorrent(join(scene.folder, 'content'), { files: [300_000] });
    const seeder = await scene.pinned('seeder', alice, bob);
    await share(seeder, content.metainfo, { directory: content.folder, isSeedOnly: true });
    const refused = { code: 'NET_PROTECTION_FAILED' };
    for (const transport of ['required', 'prefer', 'off'] as const) {
      const metainfo = await sealed(scene, transport);
      const seed = await share(seeder, metainfo, { directory: scene.folder, isSeedOnly: true });
      const secret = { psk: metainfo.info.seal?.peerSecret as Uint8Array, transport };
      for (const name of namesOf(metainfo)) {
        await assert.rejects(dialNoise(seeder, name, null), refused, transport);
        const proven = dialNoise(seeder, name, secret);
        if (transport === 'off') await assert.rejects(proven, refused);
        else await proven;
      }
      await seed.torrent.remove();
    }
    for (const name of namesOf(content.metainfo)) {
      await assert.rejects(dialNoise(seeder, name, null), refused);
    }
  });
});

describe('the tls option of a session', () => {
  test('is refused when something of it is missing, wrong or contradicted', async () => {
    await using scene = await Scene.open();
    const [alice, bob, carol] = [await scene.party('a'), await scene.party('b'), await scene.party('c', 'ed25519')];
    const tls = { ...alice, pins: [bob.fingerprint] };
    const refused: readonly (readonly [string, SessionOptions])[] = [
      ['PIN_INVALID', { tls: { ...tls, pins: [] } }],
      ['PIN_INVALID', { tls: { ...tls, pins: [bob.fingerprint, 'sha256//abc'] } }],
      ['PIN_CERTIFICATE', { tls: { ...tls, key: bob.key } }],
      ['PIN_CERTIFICATE', { tls: { ...tls, key: carol.key } }],
      ['PIN_CERTIFICATE', { tls: { ...tls, key: '' } }],
      ['PIN_CERTIFICATE', { tls: { ...tls, cert: 'no certificate' } }],
      ['PIN_ENCRYPTION', { tls, encryption: 'required' }],
    ];
    for (const [code, options] of refused) {
      await assert.rejects(createSession(options), { code, category: 'usage' });
    }
  });
});
