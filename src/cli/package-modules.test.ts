import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

test('modules of the folder import each other, Node’s, and those of other folders', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'dst-modules-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const folder = join(base, 'a folder#1');
  mkdirSync(join(folder, 'inner'), { recursive: true });
  const modules = {
    'first.js': `import { second } from './second.js'; import { outer } from '../outer.mjs';
      import { sep } from 'node:path'; export const all = [sep, await second(), outer].join();`,
    'second.js': `export const second = async () => (await import('./inner/third.js')).third; // → not ASCII`,
    'inner/third.js': `import { fourth } from './fourth.js'; export const third = fourth;`,
    'inner/fourth.js': `export const fourth = 'inner ' + import.meta.url.endsWith('inner/fourth.js');`,
    '../outer.mjs': `export const outer = '…';`,
  };
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  const url = pathToFileURL(`${folder}/`).href;
  const program = `
    import { loadFromFolder } from ${JSON.stringify(import.meta.resolve('./package-modules.ts'))};
    loadFromFolder(${JSON.stringify(url)});
    console.log((await import(${JSON.stringify(`${url}first.js`)})).all);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  assert.equal(stdout, '/,inner true,…\n');
});
