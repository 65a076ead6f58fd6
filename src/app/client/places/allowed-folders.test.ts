import assert from 'node:assert/strict';
import promises, { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AllowedFolders } from './allowed-folders.ts';

async function open(
  others: readonly string[] = [],
): Promise<AsyncDisposable & { readonly root: string; readonly folders: AllowedFolders }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'dst-folders-')));
  const root = join(folder, 'root');
  await mkdir(root);
  const config = { downloads: root, incomplete: null, api: { roots: others.length > 0 ? [...others, root] : [] } };
  const folders = new AllowedFolders(
    () => config as unknown as ReturnType<ConstructorParameters<typeof AllowedFolders>[0]>,
  );
  return { root, folders, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('a link to what is not there yet is allowed when it stays below the root', async () => {
  await using place = await open();
  const { root, folders } = place;
  await symlink('new', join(root, 'inside'));
  await symlink('inside', join(root, 'twice'));
  for (const path of ['inside', 'inside/x', 'twice/x', 'new', 'new/x']) {
    assert.equal(await folders.check(join(root, path)), join(root, path));
  }
  await symlink(join(root, '..', 'outside'), join(root, 'out'));
  await symlink('../outside', join(root, 'relative'));
  await symlink('out/x', join(root, 'by-another'));
  await symlink('circle', join(root, 'circle'));
  for (const path of ['out', 'out/x', 'relative', 'relative/x/y', 'by-another', 'circle', 'circle/x']) {
    await assert.rejects(folders.check(join(root, path)), { code: 'CLIENT_PATH_REFUSED' }, path);
  }
});

test('who is refused is told which folders may be used', async () => {
  await using place = await open();
  const { root, folders } = place;
  const outside = join(root, '..');
  const message = `${JSON.stringify(outside)} lies outside of the folders that may be used (api.roots), which are ${root}`;
  await assert.rejects(folders.check(outside), { code: 'CLIENT_PATH_REFUSED', message });
});

test('a root whose drive does not answer keeps no folder below another one from being allowed', async (t) => {
  await using place = await open(['/away']);
  const { root, folders } = place;
  const { realpath: answers } = promises;
  const silent = async (path: string): Promise<string> => (path === '/away' ? new Promise(() => {}) : answers(path));
  t.mock.method(promises, 'realpath', silent);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  assert.equal(await folders.check(join(root, 'x')), join(root, 'x'));
});
