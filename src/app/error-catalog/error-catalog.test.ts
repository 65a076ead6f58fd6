import assert from 'node:assert/strict';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ErrorTable } from '../../base/errors.ts';
import { errorHelp } from './index.ts';

test('every code of every layer below the command line has its help', async () => {
  const source = new URL('../../', import.meta.url);
  let codes = 0;
  for await (const file of glob('**/errors.ts', { cwd: fileURLToPath(source) })) {
    if (file.startsWith('base') || file.startsWith('cli')) continue;
    const exported = (await import(new URL(file, source).href)) as Record<string, ErrorTable>;
    for (const [name, table] of Object.entries(exported)) {
      if (!name.endsWith('Errors')) continue;
      for (const [code, entry] of Object.entries(table))
        assert.equal(await errorHelp(code), entry.help, `${code} of ${file}`);
      codes += Object.keys(table).length;
    }
  }
  assert.ok(codes > 50);
});

test('an unknown code has no help', async () => {
  assert.equal(await errorHelp('NONE_SUCH'), null);
  assert.equal(await errorHelp('STORAGE_NONE_SUCH'), null);
  assert.equal(await errorHelp('EACCES'), null);
});
