import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { DiskContext } from './disk-context.ts';
import { rehearse } from './rehearsal.ts';

const DESCRIPTORS = '/proc/self/fd';

test('a rehearsal leaves no descriptor and no buffer behind', { skip: !existsSync(DESCRIPTORS) }, () => {
  const before = readdirSync(DESCRIPTORS);
  const context = new DiskContext();
  rehearse(context);
  assert.deepEqual(readdirSync(DESCRIPTORS), before);
  assert.throws(() => context.memory(-1, 1), { code: 'STORAGE_WORKER_LOST' });
});

test('a rehearsal goes through storing and reading to the end', { skip: !existsSync('/dev/zero') }, () => {
  const context = new DiskContext();
  const seen = new Set<string>();
  const { openRead, openReadOnce, openWrite, openWriteOnce } = context.files;
  context.files.openWriteOnce = (site, path, mode) => {
    seen.add(`a whole file: ${path}`);
    return openWriteOnce.call(context.files, site, path, mode);
  };
  context.files.openWrite = (site, path, mode) => {
    seen.add(`a part of a file: ${path}`);
    return openWrite.call(context.files, site, path, mode);
  };
  context.files.openRead = (site, path) => {
    seen.add(`a part to be read: ${path}`);
    return openRead.call(context.files, site, path);
  };
  context.files.openReadOnce = (site, path) => {
    seen.add(`a whole file to be read: ${path}`);
    return openReadOnce.call(context.files, site, path);
  };
  rehearse(context);
  const written = ['a whole file: null', 'a part of a file: null'];
  assert.deepEqual([...seen], [...written, 'a whole file to be read: zero', 'a part to be read: zero']);
});
