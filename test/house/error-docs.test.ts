import assert from 'node:assert/strict';
import test from 'node:test';
import {
  findProblems,
  type FolderErrors,
  loadTables,
  readDocument,
  readSources,
  render,
} from '../../scripts/error-docs.ts';

const tables: FolderErrors[] = [
  { folder: 'net', table: { NET_CLOSED: { category: 'network', help: 'It is closed.' } } },
];
const sources = "throw netError('NET_CLOSED', 'closed')";

test('docs/errors.md lists exactly the codes of the source, and each code is used (else: npm run docs)', async () => {
  assert.deepEqual(findProblems(await loadTables(), readDocument(), readSources()), []);
});

test('a document rendered from the tables has no problem', () => {
  assert.deepEqual(findProblems(tables, render(tables), sources), []);
});

test('a code that the document lacks is reported', () => {
  assert.deepEqual(findProblems(tables, render([]), sources), ['NET_CLOSED is not documented']);
});

test('a documented code that no table has is reported', () => {
  assert.deepEqual(findProblems([], render(tables), sources), ['NET_CLOSED is documented but does not exist']);
});

test('a code that only a union type mentions is reported as unused', () => {
  assert.deepEqual(findProblems(tables, render(tables), "type Code = | 'NET_CLOSED'"), ['NET_CLOSED is never used']);
});

test('a code in two tables is reported', () => {
  const twice = [...tables, ...tables];
  assert.deepEqual(findProblems(twice, render(twice), sources), ['NET_CLOSED is in two tables']);
});

test('an outdated sentence is reported', () => {
  const edited = render(tables).replace('It is closed.', 'It is open.');
  assert.deepEqual(findProblems(tables, edited, sources), ['the wording differs from the tables']);
});
