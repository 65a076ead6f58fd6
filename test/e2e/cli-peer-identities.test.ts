/** Readers of a sealed torrent who prove to each other who they are, from the command line and from the library. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, test } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { createSession, openSealedTorrent, type PeerStatus, unlockIdentity } from '../../src/index.ts';
import { assertFails, dst, dstJson, DstRun, scratchFolder, startDst } from './cli-process.ts';

let cwd = '';
const plan = 'We meet under the old bridge. '.repeat(10_000);
const fingerprints: Record<string, string> = {};
const local = ['--bind', '127.0.0.1', '--no-trackers'];

const keyPath = (name: string): string => join(cwd, '.local', 'share', 'dst', 'keys', name);
const never = (): Promise<never> => Promise.reject(new Error('no passphrase should be asked for'));

before(async () => {
  const folder = await scratchFolder();
  cwd = folder.path;
  await mkdir(join(cwd, 'plans'));
  await writeFile(join(cwd, 'plans', 'plan.txt'), plan);
  await writeFile(join(cwd, 'plain'), plan);
  for (const name of ['alice', 'bob', 'carol']) {
    const made = await dstJson<{ fingerprint: string }>(['key', 'new', name, '--no-passphrase'], { cwd });
    fingerprints[name] = made.fingerprint;
  }
  const readers = ['alice', 'bob', 'carol'].flatMap((name) => ['--seal-to', name]);
  for (const args of [
    ['plans', ...readers, '--transport', 'required'],
    ['plans', ...readers, '--transport', 'off', '-o', 'off.dst'],
    ['plain'],
  ]) {
    const created = await dst(['create', ...args], { cwd });
    assert.equal(created.code, 0, created.stderr);
  }
  return () => folder[Symbol.asyncDispose]();
});

/** `dst download`, as one of the readers, of what somebody seeds at an address. */
const fetching = (name: string, address: string, ...flags: string[]): string[] => [
  ...['download', 'plans.dst', '--identity', name, '-o', `of-${name}`, '--peer', address],
  ...local,
  ...flags,
];

test('two readers who name each other exchange a torrent, know each other by name, and refuse a third', async () => {
  using alice = await unlockIdentity(keyPath('alice.key'), never);
  const refusals: unknown[] = [];
  const { promise: isRefused, resolve } = Promise.withResolvers<void>();
  const info = (_: string, { code, reason }: Readonly<Record<string, unknown>> = {}): void => {
    refusals.push([code, reason]);
    resolve();
  };
  await using session = await createSession({
    ...{ bind: ['127.0.0.1'], useTrackers: false, stateDirectory: join(cwd, 'state') },
    logger: { ...silentLogger, info },
    identity: alice,
    contacts: new Map([[fingerprints['carol'] as string, 'the third']]),
  });
  const { metainfo } = await openSealedTorrent(await readFile(join(cwd, 'plans.dst')), alice.identities);
  const onlyWith = [fingerprints['bob'] as string];
  const torrent = await session.add(metainfo, { directory: cwd, isSeedOnly: true, onlyWith });
  await torrent.ready();
  const seen: (PeerStatus['identity'] | undefined)[] = [];
  torrent.on('peerConnected', () => seen.push(torrent.peers().at(-1)?.identity));
  const address = `127.0.0.1:${session.listening[0]?.port}`;

  await using carol = new DstRun(fetching('carol', address, '--as', 'carol'), { cwd });
  await isRefused;
  const isCarol = ['NET_IDENTITY_REFUSED', `the peer is the third, ${fingerprints['carol']}`];
  assert.deepEqual(refusals, [isCarol]);

  await using bob = new DstRun(fetching('bob', address, '--as', 'bob', '--only-with', 'alice'), { cwd });
  const { fingerprint, key, address: where, name } = await bob.event('identified');
  assert.deepEqual([fingerprint, key, where, name], [fingerprints['alice'], 'alice', address, 'plans']);
  assert.equal(await bob.end(), 0, bob.stderr);
  assert.equal(await readFile(join(cwd, 'of-bob', 'plans', 'plan.txt'), 'utf8'), plan);
  assert.deepEqual(seen, [{ fingerprint: fingerprints['bob'], name: null }]);
  assert.equal(
    carol.events.some(({ event }) => event === 'complete'),
    false,
  );
});

test('a reader who is not told to prove anything is nobody, and --verbose names those who are somebody', async () => {
  const seeder = startDst(['seed', 'plans.dst', '--identity', 'alice', '-v', ...local], { cwd });
  try {
    const lines = createInterface({ input: seeder.stderr })[Symbol.asyncIterator]();
    const lineOf = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (;;) {
        const { value, done } = await lines.next();
        assert.notEqual(done, true, `no line ${pattern} came`);
        const found = pattern.exec(value as string);
        if (found !== null) return found;
        assert.doesNotMatch(value as string, /has proved who it is/);
      }
    };
    const [, address = ''] = await lineOf(/listening on (\S+)/);
    await lineOf(/seeding/);
    const carol = new DstRun(fetching('carol', address), { cwd });
    assert.equal(await carol.end(), 0, carol.stderr);
    assert.equal(
      carol.events.some(({ event }) => event === 'identified'),
      false,
    );
    const bob = await dst(fetching('bob', address, '--as', 'bob', '-o', 'again'), { cwd });
    assert.equal(bob.code, 0, bob.stderr);
    const [, told] = await lineOf(/peer (.+) at 127\.0\.0\.1:\d+ has proved who it is/);
    assert.equal(told, `bob (${fingerprints['bob']})`);
  } finally {
    seeder.kill('SIGKILL');
  }
});

test('identities are asked for only where peers can prove them', async () => {
  const fails = (code: string, ...args: string[]): Promise<unknown> =>
    assertFails([...args, ...local], 2, code, { cwd });
  const { infoHashV1 } = await dstJson<{ infoHashV1: string }>(['info', 'plain.torrent'], { cwd });
  const off = ['off.dst', '--identity', 'bob'];
  await fails('ENGINE_NO_PEER_IDENTITIES', 'seed', 'plain.torrent', '--only-with', 'alice');
  await fails('ENGINE_NO_PEER_IDENTITIES', 'download', 'plain.torrent', '--only-with', fingerprints['alice'] as string);
  const link = ['download', `magnet:?xt=urn:btih:${infoHashV1}`, '--only-with', 'alice'];
  await fails('ENGINE_NO_PEER_IDENTITIES', ...link);
  await fails('ENGINE_NO_PEER_IDENTITIES', ...link, '--list', '--timeout', '1');
  await fails('ENGINE_NO_PEER_IDENTITIES', 'seed', ...off, '--only-with', 'alice');
  await fails('USAGE', 'seed', 'plain.torrent', '--as', 'alice');
  await fails('USAGE', 'download', 'plain.torrent', '--as', 'alice');
});

test('keys that are not there, or are no identities, are told before anything is opened', async () => {
  const open = ['download', 'plans.dst', '--identity', 'bob'];
  await assertFails([...open, '--as', 'nobody'], 3, /^KEY_/, { cwd });
  await assertFails([...open, '--only-with', 'nobody'], 3, /^KEY_/, { cwd });
  await assertFails([...open, '--only-with', './plain'], 6, 'IDENTITY_TEXT', { cwd });
});
