/** Sealed torrents as people make, look at and fetch them. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { assertFails, dst, dstJson, DstRun, scratchFolder } from './cli-process.ts';

let cwd = '';
let alice = '';
const plan = 'We meet under the old bridge. '.repeat(10_000);

interface SealedInfo {
  readonly name?: string;
  readonly trackers?: readonly unknown[];
  readonly sealed: {
    readonly isOpen: boolean;
    readonly recipients: Readonly<Record<string, number>>;
    readonly signer: string | null;
    readonly transport: string | null;
    readonly carrier: string | null;
  };
}

before(async () => {
  const folder = await scratchFolder();
  cwd = folder.path;
  await mkdir(join(cwd, 'plans'));
  await writeFile(join(cwd, 'plans', 'plan.txt'), plan);
  await writeFile(join(cwd, 'pass'), 'open sesame\n');
  await writeFile(join(cwd, 'wrong-pass'), 'close sesame\n');
  const make = async (name: string): Promise<string> =>
    (await dstJson<{ fingerprint: string }>(['key', 'new', name, '--no-passphrase'], { cwd })).fingerprint;
  alice = await make('alice');
  await make('bob');
  const sealing = ['--seal-to', 'bob', '--sign', 'alice', '--transport', 'required', '--carrier', 'carrier.torrent'];
  const created = await dst(['create', 'plans', ...sealing, '--tracker', 'udp://tracker.example:1'], { cwd });
  assert.equal(created.code, 0, created.stderr);
  assert.equal(created.stdout, 'plans.dst\n');
  return () => folder[Symbol.asyncDispose]();
});

const fails = (code: number, name: string, ...args: string[]): Promise<unknown> =>
  assertFails(args, code, name, { cwd });

test('a sealed torrent shows its files, its author and its policy to who has a key', async () => {
  const info = await dstJson<SealedInfo>(['info', 'plans.dst', '--identity', 'bob', '--signer', 'alice'], { cwd });
  assert.deepEqual([info.name, info.trackers], ['plans', [['udp://tracker.example:1']]]);
  const { isOpen, signer, transport, recipients } = info.sealed;
  assert.deepEqual([isOpen, signer, transport, recipients], [true, alice, 'required', { mlkem768x25519: 1 }]);
});

test('a sealed torrent shows to others how many keys open it, and nothing of its content', async () => {
  const env = { XDG_DATA_HOME: join(cwd, 'nowhere') };
  const { code, stdout } = await dst(['info', 'plans.dst'], { cwd, env, withoutTerminal: true });
  assert.equal(code, 0);
  assert.match(stdout, /Sealed for +1 key/);
  assert.match(stdout, /cannot be shown: none of your keys opens it/);
  assert.doesNotMatch(stdout, /plans|plan\.txt|tracker/);
  const bytes = await readFile(join(cwd, 'plans.dst'), 'latin1');
  assert.doesNotMatch(bytes, /plan\.txt|tracker\.example|old bridge/);
});

test('a wrong key, passphrase or author each ends with its own code', async () => {
  await fails(13, 'SEALED_NO_KEY', 'download', 'plans.dst', '--identity', 'alice');
  await fails(13, 'SEALED_NO_KEY', 'verify', 'plans.dst', '--identity', 'alice');
  await fails(14, 'SIGNATURE_SIGNER', 'download', 'plans.dst', '--identity', 'bob', '--signer', 'bob');
  const sealed = await dst(['create', 'plans', '--passphrase-file', 'pass', '-o', 'p.dst'], { cwd });
  assert.equal(sealed.code, 0, sealed.stderr);
  await fails(13, 'SEALED_PASSPHRASE', 'seed', 'p.dst', '--passphrase-file', 'wrong-pass', '--identity', 'alice');
  const good = await dst(['verify', 'p.dst', '--passphrase-file', 'pass'], { cwd });
  assert.equal(good.code, 0, good.stderr);
});

test('a sealed torrent is neither edited nor made a link of: what to do instead is told', async () => {
  const sealed = await readFile(join(cwd, 'plans.dst'));
  for (const args of [
    ['edit', 'plans.dst', '-t', 'udp://other.example:1'],
    ['magnet', 'plans.dst'],
  ]) {
    await fails(2, 'TORRENT_SEALED', ...args);
    assert.match((await dst(args, { cwd })).stderr, /dst create --seal-to/);
  }
  assert.ok(sealed.equals(await readFile(join(cwd, 'plans.dst'))));
  const edited = await dst(['edit', 'carrier.torrent', '-o', 'c2.torrent', '-t', 'udp://other.example:1'], { cwd });
  assert.equal(edited.code, 0, edited.stderr);
});

test('flags that say nothing of a plain torrent, or contradict each other, are refused', async () => {
  await fails(2, 'USAGE', 'create', 'plans', '-o', 'x.torrent', '--transport', 'required');
  await fails(2, 'USAGE', 'create', 'plans', '-o', 'x.torrent', '--carrier', 'c.torrent');
  await fails(2, 'USAGE', 'create', 'plans', '-o', 'x.dst', '--seal-to', 'bob', '--passphrase-file', 'pass');
});

test('a reader fetches plain files from the author, and can share them on', async () => {
  const local = ['--bind', '127.0.0.1', '--no-trackers'];
  await using seeder = new DstRun(['seed', 'plans.dst', '--identity', 'bob', ...local], { cwd });
  const { addresses } = await seeder.event('listening');
  await seeder.event('seeding');
  const [address] = addresses as [string];
  const fetch = ['download', 'plans.dst', '--identity', 'bob', '-o', 'fetched', '--peer', address];
  const fetched = await dst([...fetch, ...local], { cwd });
  assert.equal(fetched.code, 0, fetched.stderr);
  assert.equal(await readFile(join(cwd, 'fetched', 'plans', 'plan.txt'), 'utf8'), plan);
  const again = await dst(['verify', 'plans.dst', 'fetched', '--identity', 'bob'], { cwd });
  assert.equal(again.code, 0, again.stderr);
});
