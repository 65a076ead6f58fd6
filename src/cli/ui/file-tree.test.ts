import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFileTree } from './file-tree.ts';

test('files stand in their folders with sizes in a column', () => {
  const files = [
    { path: ['docs', 'a.txt'], length: 10 },
    { path: ['docs', 'img', 'b.png'], length: 2048, note: 'executable' },
    { path: ['readme'], length: 16384 },
  ];
  assert.deepEqual(renderFileTree(files, 60), [
    '├─ docs/',
    '│  ├─ img/',
    '│  │  └─ b.png   2 KiB  executable',
    '│  └─ a.txt       10 B',
    '└─ readme       16 KiB',
  ]);
});

test('names are escaped and long ones cut in the middle', () => {
  const lines = renderFileTree([{ path: [`\u001b[31m${'x'.repeat(60)}.txt`], length: 1 }], 40);
  assert.equal(lines.length, 1);
  assert.match(lines[0] as string, /^└─ \\x1b\[31mx+…x+\.txt {2}1 B$/);
  assert.ok((lines[0] as string).length <= 40);
});

test('no files make no lines', () => {
  assert.deepEqual(renderFileTree([], 40), []);
});
