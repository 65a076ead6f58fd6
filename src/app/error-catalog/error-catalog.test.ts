import assert from 'node:assert/strict';
import { glob } from 'node:fs/promises';
import { test } from 'node:test';
import type { ErrorTable } from '../../base/errors.ts';
import { errorCatalog } from './index.ts';

test('the catalog has the tables of all layers below the command line', async () => {
  const source = new URL('../../', import.meta.url);
  for await (const file of glob('**/errors.ts', { cwd: source.pathname })) {
    if (file.startsWith('base/') || file.startsWith('cli/')) continue;
    const exported = (await import(new URL(file, source).href)) as Record<string, ErrorTable>;
    for (const [name, table] of Object.entries(exported)) {
      if (!name.endsWith('Errors')) continue;
      for (const [code, entry] of Object.entries(table)) assert.equal(errorCatalog[code], entry, `${code} of ${file}`);
    }
  }
});
