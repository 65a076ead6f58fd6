/** TLS between pinned peers from the command line: its flags, its example, what is told of those who are refused. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { dstCommand } from '../support/dst-command.ts';
import { freePort } from '../support/free-port.ts';
import { assertFails, dst, dstJson, DstRun, scratchFolder, startDst } from './cli-process.ts';
import { type DiskTorrent, diskTorrent } from './disk-torrent.ts';

const run = promisify(execFile);

let cwd = '';
let content: DiskTorrent;
/** Fingerprints by name. */
const prints = new Map<string, string>();

before(async () => {
  const folder = await scratchFolder();
  cwd = folder.path;
  content = await diskTorrent(join(cwd, 'content'), { files: [400_000] });
  for (const name of ['alice', 'bob', 'mallory']) {
    const args = ['tls', 'init', '--dir', 'tls', '--name', name, '--purpose', 'peer'];
    prints.set(name, (await dstJson<{ fingerprint: string }>(args, { cwd })).fingerprint);
  }
  return () => folder[Symbol.asyncDispose]();
});

/** Flags of one who pins these. */
const as = (name: string, ...pins: readonly string[]): string[] => [
  ...['--tls-cert', `tls/${name}.pem`, '--tls-key', `tls/${name}.key`],
  ...pins.flatMap((pin) => ['--tls-pin', pin]),
];
const common = ['--bind', '127.0.0.1', '--no-trackers'];

async function seeding(...flags: readonly string[]): Promise<{ seeder: DstRun; address: string }> {
  const seeder = new DstRun(['seed', content.file, '-d', content.folder, ...common, ...flags], { cwd });
  await seeder.event('seeding');
  const [address] = (await seeder.event('listening'))['addresses'] as [string];
  return { seeder, address };
}

test('download and seed speak TLS with those whose fingerprints or certificates they are given', async () => {
  const { seeder, address } = await seeding(...as('alice', prints.get('bob') as string, 'tls/mallory.pem'));
  await using _ = seeder;
  const isRight = async (folder: string): Promise<void> =>
    assert.deepEqual(await readFile(join(cwd, folder, content.metainfo.info.name)), Buffer.from(content.data));
  const args = ['download', content.file, '--peer', address, ...common];
  // Slow enough to be looked at.
  await using reader = new DstRun([...args, '-o', 'b', '--down-limit', '100K', ...as('bob', 'tls/alice.pem')], { cwd });
  const { protections } = await reader.event('progress', (event) => event['peers'] === 1);
  assert.deepEqual(protections, { tls: 1 });
  assert.equal(await reader.end(), 0, reader.stderr);
  await isRight('b');
  const other = await dst([...args, '-o', 'm', ...as('mallory', prints.get('alice') as string)], { cwd });
  assert.equal(other.code, 0, other.stderr);
  await isRight('m');
});

/** A `dst … --verbose` in words, for people. */
class Talker implements AsyncDisposable {
  readonly #child: ReturnType<typeof startDst>;
  #said = '';
  #isRead = false;

  constructor(...args: readonly string[]) {
    this.#child = startDst([...args, ...common, '--verbose'], { cwd });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#child.on('close', () => (this.#isRead = true));
  }

  /** Waits for a line with all of these in it. */
  async line(...parts: readonly string[]): Promise<string> {
    for (;;) {
      const found = this.#said.split('\n').find((line) => parts.every((part) => line.includes(part)));
      if (found !== undefined) return found;
      assert.ok(!this.#isRead, this.#said);
      await Promise.race([once(this.#child.stderr, 'data'), once(this.#child, 'close')]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'close');
  }
}

test('who shows another key is told of with --verbose, by its code and fingerprint, and gets nothing', async () => {
  await using seeder = new Talker('seed', content.file, '-d', content.folder, ...as('alice', 'tls/bob.pem'));
  const address = /127\.0\.0\.1:\d+/.exec(await seeder.line('listening on'))?.[0] as string;
  const print = (name: string): string => prints.get(name) as string;
  const args = ['download', content.file, '--peer', address];
  await using deceived = new Talker(...args, '-o', 'one', ...as('mallory', 'tls/bob.pem'));
  await deceived.line('peer refused', 'code=PIN_MISMATCH', print('alice'));
  await using _stranger = new Talker(...args, '-o', 'two', ...as('mallory', 'tls/alice.pem'));
  await seeder.line('refused', 'code=PIN_MISMATCH', print('mallory'));
  for (const folder of ['one', 'two']) {
    assert.equal(existsSync(join(cwd, folder, content.metainfo.info.name)), false);
  }
});

test('the flags belong together, and each says what is wrong with it', async () => {
  const alice = as('alice', prints.get('bob') as string);
  const refused: readonly (readonly [number, string, readonly string[]])[] = [
    [2, 'USAGE', alice.slice(0, 4)],
    [2, 'USAGE', alice.slice(2)],
    [2, 'USAGE', [...alice.slice(0, 2), ...alice.slice(4)]],
    [2, 'PIN_ENCRYPTION', [...alice, '--encryption', 'required']],
    [2, 'PIN_INVALID', as('alice', 'sha256//abc')],
    [2, 'PIN_CERTIFICATE', ['--tls-cert', 'tls/alice.pem', '--tls-key', 'tls/bob.key', ...alice.slice(4)]],
    [3, 'CERTIFICATE_UNREADABLE', as('nobody', 'tls/bob.pem')],
    [6, 'CERTIFICATE_INVALID', ['--tls-cert', 'tls/alice.key', ...alice.slice(2)]],
    [6, 'CERTIFICATE_INVALID', ['--tls-cert', 'tls/alice.pem', '--tls-key', 'tls/alice.pem', ...alice.slice(4)]],
    [6, 'CERTIFICATE_INVALID', as('alice', 'tls/bob.key')],
  ];
  for (const [exitCode, code, flags] of refused) {
    await assertFails(['download', content.file, '-o', 'got', ...common, ...flags], exitCode, code, { cwd });
  }
  await assertFails(['seed', content.file, '-d', content.folder, ...alice.slice(2)], 2, 'USAGE', { cwd });
});

test('the example of TLS between peers in docs/tls.md works as it is written', async () => {
  await using folder = await scratchFolder();
  const page = await readFile(new URL('../../docs/tls.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] as string);
  const example = blocks.find((block) => block.includes('--tls-pin')) as string;
  await mkdir(join(folder.path, 'album'));
  const song = randomBytes(200_000);
  await writeFile(join(folder.path, 'album', 'song'), song);
  const command = join(folder.path, 'dst');
  await writeFile(command, `#!/bin/sh\nexec ${dstCommand.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  await chmod(command, 0o700);
  const env = { ...process.env, PATH: `${folder.path}:${process.env['PATH']}`, XDG_STATE_HOME: folder.path };
  const script = example.replaceAll('6881', String(await freePort()));
  const { stdout } = await run('sh', ['-ec', script], { cwd: folder.path, env });
  assert.deepEqual(stdout.match(/^sha256\/\/.{44}$/gm)?.length, 2);
  assert.deepEqual(await readFile(join(folder.path, 'bob', 'album', 'song')), song);
});
