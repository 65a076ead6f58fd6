import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, renderTable } from './table.ts';
import { displayWidth } from './width.ts';

interface Row {
  readonly id: number;
  readonly name: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'ID', cell: ({ id }) => String(id), align: 'right' },
  { title: 'SQUARE', cell: ({ id }) => String(id * id), align: 'right', rank: 1 },
  { title: 'CUBE', cell: ({ id }) => String(id ** 3), align: 'right', rank: 2 },
  { title: 'NAME', cell: ({ name }) => name, isFlexible: true },
];
const rows: readonly Row[] = [
  { id: 7, name: 'seven' },
  { id: 12, name: 'twelve is a dozen of them' },
];
const plain = (text: string): string => text;

test('columns are as wide as their widest cell, figures on the right', () => {
  assert.deepEqual(renderTable(columns, rows, 80, plain), [
    'ID  SQUARE  CUBE  NAME',
    ' 7      49   343  seven',
    '12     144  1728  twelve is a dozen of them',
  ]);
});

test('where there is no room the last columns go first, then the flexible one is cut', () => {
  assert.deepEqual(renderTable(columns, rows, 35, plain), [
    'ID  SQUARE  NAME',
    ' 7      49  seven',
    '12     144  twelve is a…zen of them',
  ]);
  assert.deepEqual(renderTable(columns, rows, 20, plain), ['ID  NAME', ' 7  seven', '12  twelve i…of them']);
});

test('no line is wider than the terminal, and an unbounded one cuts nothing', () => {
  const wide = [{ id: 1, name: '日本語'.repeat(30) }];
  for (const width of [10, 30, 60]) {
    for (const line of renderTable(columns, wide, width, plain)) assert.ok(displayWidth(line) <= width, line);
  }
  assert.ok(renderTable(columns, wide, Number.POSITIVE_INFINITY, plain)[1]?.endsWith(wide[0]?.name ?? ''));
});

test('colours come after the fitting', () => {
  const red: Column<Row> = { title: 'N', cell: ({ id }) => String(id), align: 'right', style: (text) => `<${text}>` };
  assert.deepEqual(
    renderTable([red], rows, 80, (text) => `*${text}*`),
    ['* N*', '< 7>', '<12>'],
  );
});
