import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { dstCommand } from '../support/dst-command.ts';
import { promisify } from 'node:util';
import { assertFails, dst, DstRun, dstJson, scratchFolder } from './cli-process.ts';
import { type DiskTorrent, diskTorrent } from './disk-torrent.ts';

const run = promisify(execFile);
const local = ['--bind', '127.0.0.1', '--no-trackers'];

/** Starts seeding and resolves with the address for `--peer`. */
async function seed(torrent: DiskTorrent, ...flags: string[]): Promise<DstRun & { address: string }> {
  const seeder = new DstRun(['seed', torrent.file, '-d', torrent.folder, ...local, ...flags], { cwd: torrent.folder });
  await seeder.event('seeding');
  const [address] = (await seeder.event('listening'))['addresses'] as [string];
  return Object.assign(seeder, { address });
}

/** Asserts that the files of the torrent with these indices, or all, are below `folder` as they should be. */
async function assertArrived(torrent: DiskTorrent, folder: string, indices?: readonly number[]): Promise<void> {
  for (const [index, file] of torrent.metainfo.info.files.entries()) {
    if (file.isPad || indices?.includes(index) === false) continue;
    const expected = torrent.data.subarray(file.offset, file.offset + file.length);
    assert.deepEqual(new Uint8Array(await readFile(join(folder, ...file.path))), expected);
  }
}

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  test(`a ${version} torrent is downloaded from a seed, and its path printed`, async () => {
    await using folder = await scratchFolder();
    await using target = await scratchFolder();
    const torrent = await diskTorrent(folder.path, { files: [300_000, 0, 200_000], version });
    await using seeder = await seed(torrent);
    const args = ['download', torrent.file, '-o', 'out', '--peer', seeder.address, ...local];
    const { code, stdout, stderr } = await dst(args, { cwd: target.path });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'out/test-1\n');
    assert.match(stderr, /^test-1: complete and verified, \d+ KiB in \d+:\d\d \(/m);
    await assertArrived(torrent, join(target.path, 'out'));
    const again = await dst(args, { cwd: target.path });
    assert.deepEqual([again.code, again.stdout], [0, stdout]);
    assert.match(again.stderr, /all of it was there/);
  });

  test(`a ${version} magnet link with a peer in it is enough`, async () => {
    await using folder = await scratchFolder();
    await using target = await scratchFolder();
    const torrent = await diskTorrent(folder.path, { files: [300_000, 200_000], version });
    await using seeder = await seed(torrent);
    const { stdout: link } = await dst(['magnet', torrent.file, '--peer', seeder.address]);
    await using download = new DstRun(['download', link.trim(), '-o', target.path, ...local], { cwd: target.path });
    assert.equal(await download.end(), 0, download.stderr);
    const names = download.events.map((event) => event.event).filter((name) => name !== 'progress');
    assert.deepEqual(names, ['listening', 'metadata', 'complete', 'done']);
    await assertArrived(torrent, target.path);
  });
}

test('the events of a download say what was fetched', async () => {
  await using folder = await scratchFolder();
  await using target = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [300_000, 200_000] });
  await using seeder = await seed(torrent);
  const args = ['download', '-', '-o', target.path, '--peer', seeder.address, ...local];
  await using download = new DstRun(args, { cwd: target.path, stdin: torrent.bytes });
  assert.equal(await download.end(), 0, download.stderr);
  const metadata = await download.event('metadata');
  assert.equal(metadata['infoHashV1'], torrent.infoHash);
  assert.equal((metadata['files'] as unknown[]).length, 2);
  const complete = await download.event('complete');
  assert.deepEqual(
    [complete['path'], complete['verified'], complete['downloaded']],
    [join(target.path, 'test-1'), 500_000, 500_000],
  );
  const done = download.events.at(-1);
  assert.deepEqual(done, { event: 'done', downloaded: 500_000, uploaded: 0, wasted: 0, verified: 500_000 });
});

test('--list shows the numbers of files, and --select fetches only those', async () => {
  await using folder = await scratchFolder();
  await using target = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [100_000, 200_000, 300_000] });
  await using seeder = await seed(torrent);
  const listed = await dst(['download', torrent.file, '--list']);
  assert.equal(
    listed.stdout,
    'test-1: 3 files\n0  97.7 KiB  test-1/file-0000\n1   195 KiB  test-1/file-0001\n2   293 KiB  test-1/file-0002\n',
  );
  const { stdout: link } = await dst(['magnet', torrent.file, '--peer', seeder.address]);
  const asJson = await dstJson<Record<string, unknown>>(['download', torrent.file, '--list']);
  const { infoHash, infoHashV1, infoHashV2 } = asJson;
  assert.deepEqual([infoHash, infoHashV1, infoHashV2], [torrent.infoHash, torrent.infoHash, null]);
  const fromPeer = await dst(['download', link.trim(), '--list', '-o', target.path, ...local], { cwd: target.path });
  assert.equal(fromPeer.stdout, listed.stdout, fromPeer.stderr);
  const args = ['download', torrent.file, '--select', '0,2', '-o', target.path, '--peer', seeder.address, ...local];
  assert.equal((await dst(args, { cwd: target.path })).code, 0);
  await assertArrived(torrent, target.path, [0, 2]);
  await assert.rejects(stat(join(target.path, 'test-1', 'file-0001')), { code: 'ENOENT' });
});

test('several torrents are fetched side by side; one that fails does not stop the others', async () => {
  await using folder = await scratchFolder();
  await using target = await scratchFolder();
  const first = await diskTorrent(folder.path, { seed: 1 });
  const second = await diskTorrent(folder.path, { seed: 2 });
  await using one = await seed(first);
  await using two = await seed(second);
  const args = [first.file, second.file, '-o', target.path, '--peer', one.address, '--peer', two.address, ...local];
  assert.equal((await dst(['download', ...args], { cwd: target.path })).code, 0);
  await assertArrived(first, target.path);
  await assertArrived(second, target.path);
  const blocked = await diskTorrent(folder.path, { seed: 3, files: [10_000, 0] });
  await writeFile(join(target.path, 'test-3'), 'a file where a folder must be');
  await rm(join(target.path, 'test-1'));
  const mixed = await dst(['download', blocked.file, ...args, '--check', '--json'], { cwd: target.path });
  assert.equal(mixed.code, 8, mixed.stderr);
  assert.match(mixed.stdout, /"event":"error","error":\{"code":"STORAGE_PATH_BLOCKED"/);
  assert.match(mixed.stdout, /"event":"complete","name":"test-1"/);
});

test('data that was there and is gone is fetched anew only when that is asked for', async () => {
  await using folder = await scratchFolder();
  await using target = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  await using one = await seed(torrent);
  const args = ['download', torrent.file, '-o', target.path, '--peer', one.address, ...local];
  assert.equal((await dst(args, { cwd: target.path })).code, 0);
  await rm(join(target.path, torrent.metainfo.info.name), { recursive: true });
  const gone = await dst(args, { cwd: target.path });
  assert.equal(gone.code, 8, gone.stderr);
  assert.match(gone.stderr, /STORAGE_MISSING/);
  assert.equal((await dst([...args, '--check'], { cwd: target.path })).code, 0);
  await assertArrived(torrent, target.path);
});

test('Ctrl-C stops cleanly with code 130, and a second run continues', async () => {
  await using folder = await scratchFolder();
  await using target = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [3_000_000] });
  const leaving = await seed(torrent);
  const args = ['download', torrent.file, '-o', target.path, '--peer', leaving.address, ...local];
  await using first = new DstRun([...args, '--down-limit', '200K'], { cwd: target.path });
  await first.event('progress', (event) => (event['verified'] as number) > 0);
  first.child.kill('SIGINT');
  assert.equal(await first.end(), 130);
  const kept = first.events.at(-1) as { event: string; verified: number };
  assert.equal(kept.event, 'done');
  leaving.child.kill('SIGTERM');
  assert.equal(await leaving.end(), 143);
  assert.equal(leaving.events.at(-1)?.event, 'done');
  await using seeder = await seed(torrent);
  await using second = new DstRun([...args, '--peer', seeder.address], { cwd: target.path });
  assert.equal(await second.end(), 0, second.stderr);
  const done = second.events.at(-1) as { downloaded: number } | undefined;
  assert.ok((done?.downloaded ?? 0) <= 3_000_000 - kept.verified);
  await assertArrived(torrent, target.path);
});

test('a second Ctrl-C ends the process at once', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  await using seeder = await seed(torrent);
  seeder.child.kill('SIGINT');
  seeder.child.kill('SIGINT');
  assert.equal(await seeder.end(), 130);
});

test('a seed ends by itself when its ratio is reached', async () => {
  await using folder = await scratchFolder();
  await using target = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  await using seeder = await seed(torrent, '--seed-ratio', '1');
  const args = ['download', torrent.file, '-o', target.path, '--peer', seeder.address, ...local, '--quiet'];
  const { code, stdout, stderr } = await dst(args, { cwd: target.path });
  assert.deepEqual([code, stdout, stderr], [0, `${join(target.path, 'test-1')}\n`, '']);
  assert.equal(await seeder.end(), 0, seeder.stderr);
  assert.ok((seeder.events.at(-1)?.['uploaded'] as number) >= 1_000_000);
});

test('data under another name can be seeded', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [10_000, 20_000] });
  await run('mv', [join(folder.path, 'test-1'), join(folder.path, 'mine')]);
  const args = ['seed', torrent.file, '-d', join(folder.path, 'mine'), ...local];
  await using seeder = new DstRun(args, { cwd: folder.path });
  assert.equal((await seeder.event('seeding'))['verified'], 30_000);
});

test('incomplete data is seeded only on demand', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [300_000, 200_000] });
  await truncate(join(folder.path, 'test-1', 'file-0001'), 10);
  const args = ['seed', torrent.file, '-d', folder.path, ...local];
  await assertFails(args, 7, 'SEED_INCOMPLETE', { cwd: folder.path });
  await using seeder = new DstRun([...args, '--partial'], { cwd: folder.path });
  assert.ok(((await seeder.event('seeding'))['verified'] as number) < 500_000);
  assert.equal((await stat(join(folder.path, 'test-1', 'file-0001'))).size, 10);
});

test('a download on which nothing arrives is given up after --timeout', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  await rm(join(folder.path, 'test-1'));
  const args = ['download', torrent.file, '-o', folder.path, '--timeout', '0.5', ...local];
  await assertFails(args, 5, 'DOWNLOAD_STALLED', { cwd: folder.path });
  const link = `magnet:?xt=urn:btih:${'1'.repeat(40)}`;
  await assertFails(['download', link, '--timeout', '0.5', ...local], 5, 'DOWNLOAD_STALLED', { cwd: folder.path });
});

test('download and seed end with codes for bad input', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  const at = { cwd: folder.path };
  await assertFails(['download', 'missing.torrent'], 3, 'SOURCE_NOT_FOUND', at);
  await assertFails(['download', 'magnet:?xt=urn:btih:12'], 6, 'MAGNET_BAD_HASH', at);
  await assertFails(['download', '-'], 6, 'BENCODE_SYNTAX', { ...at, stdin: 'x' });
  await assertFails(['download', '-', '-'], 2, 'USAGE', { ...at, stdin: 'x' });
  await assertFails(['download', torrent.file, '--select', '0-5'], 2, 'USAGE_VALUE', at);
  await assertFails(['download', torrent.file, '--down-limit', 'fast'], 2, 'USAGE_VALUE', at);
  await assertFails(['download', torrent.file, '--bind', 'eth0'], 2, 'USAGE_VALUE', at);
  await assertFails(['seed', torrent.file, '-d', join(folder.path, 'nowhere')], 3, 'DATA_NOT_FOUND', at);
  await assertFails(['seed', join(folder.path, 'test-1')], 6, /^BENCODE_/, at);
});

test('a pad cannot be selected, and files beside pads can', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [100_000, 200_000], version: 'hybrid' });
  const select = (numbers: string): string[] => ['download', torrent.file, '--select', numbers, '--timeout', '60'];
  const at = { cwd: folder.path };
  for (const number of ['1', '3']) {
    const { code, stderr } = await dst([...select(number), ...local], at);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`no file ${number} in test-1; its 2 files have numbers from 0 to 2 `));
  }
  assert.equal((await dst([...select('0,2'), '-o', torrent.folder, ...local], at)).code, 0);
});

test('a port in use is told', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as { port: number };
    const args = ['seed', torrent.file, '-d', folder.path, '--port', String(port), ...local];
    await assertFails(args, 5, 'NET_PORT_IN_USE', { cwd: folder.path });
  } finally {
    server.close();
  }
});

const hasScript = await run('script', ['--version']).then(
  () => true,
  () => false,
);

test('on a terminal progress is drawn in place and the cursor comes back', {
  skip: !hasScript && 'needs the program `script`',
}, async () => {
  await using folder = await scratchFolder();
  await using target = await scratchFolder();
  const torrent = await diskTorrent(folder.path, { files: [600_000, 600_000] });
  await using seeder = await seed(torrent);
  const command = [
    ...dstCommand,
    'download',
    torrent.file,
    '-o',
    target.path,
    '--peer',
    seeder.address,
    '--down-limit',
    '600K',
    ...local,
  ].join(' ');
  const env = { ...process.env, TERM: 'xterm', LANG: 'C.UTF-8', XDG_STATE_HOME: join(target.path, '.state') };
  const running = run('script', ['-qec', command, '/dev/null'], { env });
  running.child.stdin?.end();
  const { stdout } = await running;
  assert.match(stdout, /\u001b\[\?25l/);
  assert.match(stdout, /[█░]+ {2}\d+\.\d % {2}↓ /);
  assert.match(stdout, /\u001b\[\d+A\r/);
  assert.ok(stdout.lastIndexOf('\u001b[?25h') > stdout.lastIndexOf('\u001b[?25l'));
  assert.deepEqual((await readdir(target.path)).toSorted(), ['.state', 'test-1']);
});

test('flags of a network interface that contradict each other are refused', async () => {
  await using folder = await scratchFolder();
  const torrent = await diskTorrent(folder.path);
  const download = ['download', torrent.file, '--name-server', '192.0.2.53'];
  await assertFails(download, 2, 'USAGE', { cwd: folder.path });
  await assertFails([...download, '--interface', 'lo', '--bind', '127.0.0.1'], 2, 'USAGE', { cwd: folder.path });
});
