/** docs/events.md and docs/why.md against the tables in the source. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument, render } from '../../scripts/client-docs.ts';

for (const [page, text] of Object.entries(render())) {
  test(`docs/${page} is what \`npm run docs\` writes`, () => assert.equal(readDocument(page), text));
}
