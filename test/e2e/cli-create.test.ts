import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertFails, dst, dstJson, scratchFolder } from './cli-process.ts';
import { diskTorrent } from './disk-torrent.ts';

interface CreateJson {
  path: string;
  magnet: string;
  infoHashV1: string | null;
  infoHashV2: string | null;
  name: string;
  totalSize: number;
  pieceLength: number;
  files: { path: string; length: number }[];
  private: boolean;
  source: string | null;
  comment: string | null;
  createdBy: string | null;
  creationDate: number | null;
  trackers: string[][];
  webSeeds: string[];
  nodes: [string, number][];
}

const plain = ['--piece-length', '64K', '--no-date', '--no-created-by'];
const sizes = [200_000, 70_000, 0, 300_000];

for (const version of ['v1', 'v2'] as const) {
  test(`create makes the ${version} torrent that another program makes of the same files`, async () => {
    await using folder = await scratchFolder();
    const expected = await diskTorrent(folder.path, { files: sizes, version });
    const out = join(folder.path, 'made.torrent');
    const { code, stdout } = await dst(['create', join(folder.path, 'test-1'), `--${version}`, ...plain, '-o', out]);
    assert.deepEqual([code, stdout], [0, `${out}\n`]);
    assert.deepEqual(new Uint8Array(await readFile(out)), expected.bytes);
  });
}

test('create makes a hybrid torrent whose both parts fit the files', async () => {
  await using folder = await scratchFolder();
  await diskTorrent(folder.path, { files: sizes });
  const out = join(folder.path, 'made.torrent');
  const json = await dstJson<CreateJson>(['create', join(folder.path, 'test-1'), '--hybrid', ...plain, '-o', out]);
  assert.ok(json.infoHashV1 !== null && json.infoHashV2 !== null);
  assert.equal((await dst(['verify', out, folder.path])).code, 0);
});

test('create and edit tell both hashes of a hybrid torrent, and the one that any other has', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  await writeFile(join(folder.path, 'one.bin'), 'hello');
  const hashesIn = ({ stderr }: { readonly stderr: string }): string[] =>
    [...stderr.matchAll(/^.*info hash .*$/gm)].map(([line]) => line);
  const of = async (file: string): Promise<CreateJson> => await dstJson<CreateJson>(['info', file], options);
  const made = hashesIn(await dst(['create', 'one.bin', '--hybrid'], options));
  const before = await of('one.bin.torrent');
  const lines = ({ infoHashV1, infoHashV2 }: CreateJson): string[] => [
    `info hash v1 ${infoHashV1}`,
    `info hash v2 ${infoHashV2}`,
  ];
  assert.deepEqual(made, lines(before));
  const edited = hashesIn(await dst(['edit', 'one.bin.torrent', '--private', '--allow-new-infohash'], options));
  const after = await of('one.bin.torrent');
  assert.deepEqual(edited, [
    ...lines(before).map((line) => `before: ${line}`),
    ...lines(after).map((line) => `now: ${line}`),
  ]);
  const single = hashesIn(await dst(['create', 'one.bin', '--v2', '-o', 'v2.torrent'], options));
  assert.deepEqual(single, [`info hash ${(await of('v2.torrent')).infoHashV2}`]);
});

test('create without flags makes a v1 torrent beside the current folder, with date and program', async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, 'one.bin'), 'hello');
  const { code, stdout, stderr } = await dst(['create', 'one.bin'], { cwd: folder.path });
  assert.deepEqual([code, stdout], [0, 'one.bin.torrent\n']);
  assert.match(stderr, /^one\.bin: 5 B in 1 file, 1 piece of 16 KiB$/m);
  const json = await dstJson<CreateJson>(['info', join(folder.path, 'one.bin.torrent')]);
  assert.equal(json.infoHashV2, null);
  assert.match(json.createdBy ?? '', /^DST Torrent /);
  assert.ok((json.creationDate ?? 0) > 1_700_000_000);
});

test('the same input gives the same bytes once the date is fixed', async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, 'data'), 'x'.repeat(100_000));
  const bytes = async (flags: string[], env: Record<string, string> = {}): Promise<string> => {
    const { stdoutBytes } = await dst(['create', 'data', '-o', '-', ...flags], { cwd: folder.path, env });
    return createHash('sha256').update(stdoutBytes).digest('hex');
  };
  assert.equal(await bytes(['--no-date', '--threads', '1']), await bytes(['--no-date', '--threads', '2']));
  assert.equal(await bytes(['--date', '1700000000']), await bytes([], { SOURCE_DATE_EPOCH: '1700000000' }));
});

test('create puts everything that was asked for into the torrent', async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, 'data'), 'x');
  const json = await dstJson<CreateJson>(
    [
      ...['create', 'data', '--private', '--source', 'SRC', '--comment', 'words', '--name', 'other', '--date', '1'],
      ...['-t', 'http://a.example/,http://b.example/', '-t', 'udp://c.example:1', '-w', 'https://w.example/'],
      ...['--node', 'router.example:6881'],
    ],
    { cwd: folder.path },
  );
  assert.equal(json.path, 'other.torrent');
  assert.deepEqual(
    [json.private, json.source, json.comment, json.name, json.creationDate],
    [true, 'SRC', 'words', 'other', 1],
  );
  assert.deepEqual(json.trackers, [['http://a.example/', 'http://b.example/'], ['udp://c.example:1']]);
  assert.deepEqual([json.webSeeds, json.nodes], [['https://w.example/'], [['router.example', 6881]]]);
  assert.deepEqual(json.files, [{ path: 'other', length: 1 }]);
  assert.match(json.magnet, new RegExp(`^magnet:\\?xt=urn:btih:${json.infoHashV1}&dn=other`));
});

test('hidden files are taken; links, empty folders and the torrent itself are left out with a warning', async () => {
  await using folder = await scratchFolder();
  await mkdir(join(folder.path, 'empty'));
  await writeFile(join(folder.path, '.hidden'), 'x');
  await writeFile(join(folder.path, 'self.torrent'), 'old');
  await symlink('.hidden', join(folder.path, 'link'));
  const out = join(folder.path, 'self.torrent');
  const { code, stderr } = await dst(['create', folder.path, '-o', out, '--force']);
  assert.equal(code, 0);
  for (const words of ['empty (empty folder)', 'link (symbolic link)', 'self.torrent (the torrent itself)']) {
    assert.ok(stderr.includes(words), stderr);
  }
  assert.deepEqual((await dstJson<CreateJson>(['info', out])).files, [{ path: '.hidden', length: 1 }]);
  const followed = await dstJson<CreateJson>(['create', folder.path, '-o', out, '--force', '--follow-symlinks']);
  assert.deepEqual(
    followed.files.map((file) => file.path),
    ['.hidden', 'link'],
  );
});

test('the output may be a folder, and an existing file is replaced only by force', async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, 'data'), 'x');
  await mkdir(join(folder.path, 'out'));
  const args = ['create', join(folder.path, 'data'), '-o', join(folder.path, 'out')];
  assert.equal((await dst(args)).stdout, `${join(folder.path, 'out', 'data.torrent')}\n`);
  await assertFails(args, 9, 'OUTPUT_EXISTS');
  assert.equal((await dst([...args, '--force'])).code, 0);
  assert.deepEqual(await readdir(join(folder.path, 'out')), ['data.torrent']);
});

test('create says that the name of its output would be too long, before it hashes, and what to do', async () => {
  await using folder = await scratchFolder();
  const name = 'x'.repeat(255);
  await writeFile(join(folder.path, name), 'x');
  const at = { cwd: folder.path };
  const { code, stderr } = await dst(['create', name], at);
  assert.equal(code, 8);
  assert.match(
    stderr,
    /x\.torrent is too long for the name of a file; name another output with -o \(OUTPUT_UNWRITABLE\)/,
  );
  assert.equal((await dst(['create', name, '-o', 'x.torrent'], at)).code, 0);
  assert.deepEqual((await readdir(folder.path)).toSorted(), ['x.torrent', name].toSorted());
});

test('create ends with codes for what cannot be', async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, 'data'), 'x');
  await mkdir(join(folder.path, 'empty'));
  const at = { cwd: folder.path };
  await assertFails(['create', 'missing'], 3, 'CREATE_UNREADABLE', at);
  await assertFails(['create', 'empty'], 2, 'METAINFO_CREATE_NO_DATA', at);
  await assertFails(['create', 'data', '-l', '20K'], 2, 'METAINFO_CREATE_PIECE_LENGTH', at);
  await assertFails(['create', 'data', '--v1', '--v2'], 2, 'USAGE', at);
  await assertFails(['create', 'data', '-t', 'example.org'], 2, 'USAGE_VALUE', at);
  await assertFails(['create', 'data', '-o', 'no/such/x.torrent'], 3, 'OUTPUT_UNWRITABLE', at);
  await assertFails(['create', 'data', '-n', '..'], 2, 'METAINFO_CREATE_PATH', at);
  assert.deepEqual((await readdir(folder.path)).toSorted(), ['data', 'empty']);
  const both = await dst(['create', 'data', '-o', '-', '--json'], at);
  assert.equal(both.code, 2);
});
