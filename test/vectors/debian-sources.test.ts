import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { ensureSource, findUnpacked, installSources } from './debian-sources.ts';
import { assertCounts } from './published.ts';

const dir = mkdtempSync(join(tmpdir(), 'dst-debian-sources-'));
after(() => rmSync(dir, { recursive: true }));

/** Writes a file of the archive; what an index says of it: hash, bytes, name. */
function put(root: string, path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  return `${createHash('sha256').update(content).digest('hex')} ${content.length}`;
}

/** An archive whose suite `sid` has version `version` of the source package `letters`; its address for apt. */
function makeArchive(name: string, version: string): string {
  const root = join(dir, name);
  for (const path of ['vectors/a.json', 'vectors/b.json', 'src/a.c']) put(root, `letters-${version}/${path}`, path);
  const tarball = execFileSync('tar', ['-cz', '-C', root, `letters-${version}`]);
  const orig = put(root, `pool/letters_${version}.orig.tar.gz`, tarball);
  const index = [
    'Package: letters',
    'Binary: letters',
    `Version: ${version}-1`,
    'Format: 3.0 (quilt)',
    'Directory: pool',
    'Checksums-Sha256:',
    ` ${orig} letters_${version}.orig.tar.gz`,
    ` ${put(root, `pool/letters_${version}-1.dsc`, '')} letters_${version}-1.dsc`,
  ].join('\n');
  const listed = put(root, 'dists/sid/main/source/Sources', `${index}\n`);
  put(root, 'dists/sid/Release', `Suite: sid\nComponents: main\nSHA256:\n ${listed} main/source/Sources\n`);
  return `[trusted=yes] copy:${root}`;
}

const letters = { suite: 'sid', version: '1', files: ['*/vectors/a*'] };

/** Installs `letters` from an archive; the folder, and what came to be in it. */
function install(name: string, archive: string): { folder: string; found: ReturnType<typeof findUnpacked> } {
  const folder = join(dir, name);
  mkdirSync(folder);
  installSources({ letters }, folder, [archive]);
  return { folder, found: findUnpacked('letters', letters, folder) };
}

suite('source packages of Debian', { skip: !existsSync('/usr/bin/apt-get') && 'there is no apt here' }, () => {
  test('only the files that are named are unpacked, and nothing else is left', () => {
    const { folder, found } = install('cache', makeArchive('archive', '1'));
    assert.ok(found?.isCounted);
    assert.deepEqual(readdirSync(found.folder), ['vectors']);
    assert.deepEqual(readdirSync(join(found.folder, 'vectors')), ['a.json']);
    assert.deepEqual(readdirSync(folder), ['letters_1']);
    installSources({ letters }, folder, ['copy:/nowhere']); // It is there: nothing is asked for.
  });

  test('a newer version is taken where the counted one is gone, and is known as such', () => {
    const { found } = install('newer', makeArchive('newer-archive', '2'));
    assert.equal(found?.isCounted, false);
    assert.equal(readFileSync(join(found.folder, 'vectors/a.json'), 'utf8'), 'vectors/a.json');
  });

  test('a file that is not what the index says is refused', () => {
    const archive = makeArchive('changed-archive', '1');
    put(join(dir, 'changed-archive'), 'pool/letters_1.orig.tar.gz', 'something else');
    assert.throws(() => install('changed', archive), /letters_1\.orig\.tar\.gz/);
    assert.deepEqual(readdirSync(join(dir, 'changed')), []);
  });

  test('a package without one of the named files is refused', () => {
    const archive = makeArchive('poor-archive', '1');
    mkdirSync(join(dir, 'poor'));
    const poor = { letters: { ...letters, files: [...letters.files, '*/vectors/z*'] } };
    assert.throws(() => installSources(poor, join(dir, 'poor'), [archive]), /vectors\/z.*Not found/);
    assert.deepEqual(readdirSync(join(dir, 'poor')), []);
  });
});

test('a package in the folder that DST_VECTORS names is taken from there', (t) => {
  const before = process.env['DST_VECTORS'];
  t.after(() => (before === undefined ? delete process.env['DST_VECTORS'] : (process.env['DST_VECTORS'] = before)));
  process.env['DST_VECTORS'] = dir;
  mkdirSync(join(dir, 'wycheproof'));
  assert.deepEqual(ensureSource('wycheproof'), { folder: join(dir, 'wycheproof'), isCounted: false });
});

test('the counts of the counted version are exact, those of another one are the least', () => {
  const set = { folder: '', isCounted: true };
  assertCounts({ accepted: 3, refused: 1 }, { accepted: 3, refused: 1 }, set);
  assert.throws(() => assertCounts({ accepted: 4, refused: 1 }, { accepted: 3, refused: 1 }, set));
  assertCounts({ accepted: 4, refused: 1 }, { accepted: 3, refused: 1 }, { ...set, isCounted: false });
  assert.throws(
    () => assertCounts({ accepted: 9, refused: 0 }, { accepted: 3, refused: 1 }, { ...set, isCounted: false }),
    /refused: 0 cases, of 1/,
  );
});

test('a set that cannot be had is a skipped test, and a failed one under CI', () => {
  const file = join(dir, 'absent.test.ts');
  writeFileSync(
    file,
    `import { withPublished } from ${JSON.stringify(join(import.meta.dirname, 'published.ts'))};
    withPublished('wycheproof', () => {}, () => 'the reason why');`,
  );
  const closing = (ci: string) => {
    const env = { ...process.env, CI: ci, NODE_TEST_CONTEXT: undefined };
    return spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], { env, encoding: 'utf8' }).stdout;
  };
  assert.match(closing(''), /# the reason why\n[^]*fail 0\n.*cancelled 0\n.*skipped 1\n/);
  assert.match(closing('true'), /fail 1\n.*cancelled 0\n.*skipped 0\n[^]*the reason why/);
});
