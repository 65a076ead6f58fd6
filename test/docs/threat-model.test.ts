/** docs/threat-model.md: every claim names a test, and every test that it names is there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const folder = join(import.meta.dirname, '../../docs');
const text = readFileSync(join(folder, 'threat-model.md'), 'utf8');

/** Links of a text to tests: what they are called, and where. */
const testsIn = (part: string): readonly { readonly title: string; readonly path: string }[] =>
  Array.from(part.matchAll(/\[([^\]]+)\]\((\.\.\/(?:src|test)\/[^)]+)\)/g), ([, title = '', path = '']) => ({
    title,
    path: join(folder, path),
  }));

test('every test that the threat model names is there under this name', () => {
  const named = testsIn(text);
  assert.ok(named.length > 50);
  for (const { title, path } of named) {
    assert.ok(existsSync(path), path);
    // A file with a table of cases has the titles of its tests as data.
    assert.ok(readFileSync(path, 'utf8').includes(title), `${path}: ${title}`);
  }
});

test('every claim of the threat model names a test', () => {
  const tables = text.split('| cannot | shown by |\n|---|---|\n').slice(1);
  const claims = tables.flatMap((table) => table.split(/\n(?!\|)/, 1)[0]?.split('\n') ?? []);
  assert.ok(claims.length > 30);
  for (const claim of claims) assert.ok(testsIn(claim).length > 0, claim);
});

test('the threat model has a chapter for each adversary', () => {
  const listed = Array.from(text.matchAll(/^\| (A\d+) \|/gm), ([, name]) => name);
  const chapters = Array.from(text.matchAll(/^## (A\d+):/gm), ([, name]) => name);
  assert.equal(listed.length, 10);
  assert.deepEqual(chapters, listed);
});

test('every other page that the threat model leads to is there', () => {
  for (const [, path = ''] of text.matchAll(/\]\(((?!\.\.|http)[^)#]+)/g)) {
    assert.ok(existsSync(join(folder, path)), path);
  }
});
