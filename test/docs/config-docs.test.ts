/** docs/config.md against the schema, and the configuration in docs/tracker.md against both. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readDocument, render } from '../../scripts/config-docs.ts';
import { loadConfig, trackerConfig } from '../../src/app/config/index.ts';

test('docs/config.md is what `npm run docs` writes', () => {
  assert.equal(readDocument(), render());
});

test('docs/config.md names what the completion program finds in its environment', async () => {
  const source = '../../src/app/client/completion/completion-program.ts';
  const text = await readFile(new URL(source, import.meta.url), 'utf8');
  const names = (from: string): string[] => [...new Set(from.match(/DST_TORRENT_[A-Z]\w*/g))].toSorted();
  assert.deepEqual(names(readDocument()), names(text));
});

test('the configuration that docs/tracker.md shows is valid', async () => {
  const page = await readFile(new URL('../../docs/tracker.md', import.meta.url), 'utf8');
  const example = /```toml\n([^`]+)```/.exec(page)?.[1] ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'dst-config-'));
  try {
    const file = join(folder, 'tracker.toml');
    await writeFile(file, example);
    const { value } = await loadConfig(trackerConfig, { file });
    assert.equal(value.access, 'private');
    assert.equal(value.tlsPort, 443);
  } finally {
    await rm(folder, { recursive: true });
  }
});
