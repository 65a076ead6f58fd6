import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClient } from '../../../test/support/fake-client.ts';
import { renderSparkline } from './sparkline.ts';
import { TopView } from './top-view.ts';
import { displayWidth } from './width.ts';

const style = {
  bars: 'blocks',
  paint: (text: string): string => text,
  bold: (text: string): string => text,
  chosen: (text: string): string => `>${text.trimEnd()}`,
} as const;

function scene(...rates: number[]): { readonly client: FakeClient; readonly view: TopView; update: () => void } {
  const client = new FakeClient();
  for (const [i, rate] of rates.entries()) {
    client.torrents.addSample({ name: `t${i + 1}` }).set({ downloadRate: rate, uploadRate: 0 });
  }
  const view = new TopView(style);
  const update = (): void =>
    view.update(
      client.stats(),
      client.torrents.all().map((torrent) => torrent.view()),
    );
  update();
  return { client, view, update };
}

/** Names of the rows, the chosen one with its mark. */
const rowsOf = (lines: readonly string[]): string[] =>
  lines
    .slice(5, -1)
    .filter((line) => line !== '')
    .map((line) => (line.startsWith('>') ? '>' : '') + (line.trim().split(' ').at(-1) ?? ''));

test('a screen has figures with their course, the torrents by activity, and the keys', () => {
  const { client, view, update } = scene(1024, 3072);
  client.torrents.all()[0]?.set({ downloadRate: 0 });
  update();
  assert.deepEqual(view.drawing(80, 10), [
    '2 torrents, 2 active   4 peers   466 GiB free',
    `↓    3 KiB/s${' '.repeat(49)}█▇  most    4 KiB/s`,
    `↑      0 B/s${' '.repeat(49)}▁▁  most      0 B/s`,
    '',
    'ID    DONE      SIZE    DOWN/s      UP/s  RATIO      ETA  STATE        NAME',
    '> 2   0.0 %   977 KiB     3 KiB         -   0.00    10:00  downloading  t2',
    ' 1   0.0 %   977 KiB         -         -   0.00    10:00  downloading  t1',
    '',
    '',
    'q quit  arrows choose  space start/stop  s sort: activity  p freeze',
  ]);
});

test('the chosen torrent stays chosen when the order changes, and keys move the choice', () => {
  const { client, view, update } = scene(3, 2, 1);
  assert.equal(view.chosen?.name, 't1');
  client.torrents.all()[2]?.set({ downloadRate: 9 });
  update();
  assert.deepEqual(rowsOf(view.drawing(80, 20)), ['t3', '>t1', 't2']);
  view.press('down');
  assert.equal(view.chosen?.name, 't2');
  view.press('down');
  assert.equal(view.chosen?.name, 't2');
  view.press('home');
  assert.equal(view.chosen?.name, 't3');
  view.press('end');
  assert.equal(view.chosen?.name, 't2');
});

test('a list that is longer than the screen moves with the choice', () => {
  const { view } = scene(9, 8, 7, 6, 5, 4, 3);
  const seen = (): string[] => rowsOf(view.drawing(80, 9));
  assert.deepEqual(seen(), ['>t1', 't2', 't3']);
  for (let i = 0; i < 3; i++) view.press('j');
  assert.deepEqual(seen(), ['t2', 't3', '>t4']);
  view.press('page-down');
  assert.deepEqual(seen(), ['t5', 't6', '>t7']);
  view.press('k');
  assert.deepEqual(seen(), ['t5', '>t6', 't7']);
  view.press('page-up');
  assert.deepEqual(seen(), ['>t3', 't4', 't5']);
});

test('another order is chosen, and a frozen picture keeps its figures', () => {
  const { client, view, update } = scene(1, 2);
  for (let i = 0; i < 7; i++) view.press('s');
  assert.match(view.drawing(80, 9).at(-1) ?? '', /sort: name/);
  assert.deepEqual(rowsOf(view.drawing(80, 20)), ['t1', '>t2']);
  view.press('S');
  assert.match(view.drawing(80, 9).at(-1) ?? '', /sort: size/);
  view.press('p');
  client.torrents.addSample({ name: 'new' });
  update();
  assert.match(view.drawing(80, 9)[0] ?? '', /^2 torrents.*FROZEN$/);
  view.press('p');
  update();
  assert.match(view.drawing(80, 9)[0] ?? '', /^3 torrents/);
});

test('when the chosen torrent has gone another one is chosen, or none', async () => {
  const { client, view, update } = scene(2, 1);
  await client.torrents.remove(client.torrents.all().slice(0, 1));
  update();
  assert.equal(view.chosen?.name, 't2');
  await client.torrents.remove(client.torrents.all());
  update();
  assert.equal(view.chosen, null);
  assert.equal(view.press('down'), true);
  assert.equal(view.drawing(80, 9).length, 9);
});

test('what was done is told above the keys, harmless, and keys that mean nothing are not taken', () => {
  const { view } = scene(5, 4, 3, 2, 1);
  assert.deepEqual(rowsOf(view.drawing(80, 9)), ['>t1', 't2', 't3']);
  view.message = `stopped: a\u001b[2J${'b'.repeat(80)}`;
  const lines = view.drawing(80, 9);
  assert.deepEqual(rowsOf(lines.slice(0, -1)), ['>t1', 't2']);
  assert.match(lines.at(-2) ?? '', /^stopped: a\\x1b\[2Jb+…$/);
  assert.match(lines.at(-1) ?? '', /^q quit .* p freeze$/);
  assert.equal(view.press('x'), false);
});

test('a screen is as high as the terminal, and never wider', () => {
  const { client, view, update } = scene(9, 8, 7, 6, 5, 4, 3);
  client.torrents.addSample({ name: '日本語'.repeat(50) });
  client.torrents.addSample({ name: '\u001b'.repeat(50) });
  update();
  for (const width of [20, 40, 79, 80, 200]) {
    for (const height of [6, 7, 10, 50]) {
      const lines = view.drawing(width, height);
      assert.equal(lines.length, height);
      for (const line of lines) assert.ok(displayWidth(line.replace(/^>/, '')) <= width, `${width}: ${line}`);
    }
  }
});

test('a sparkline shows the last values against the largest of them', () => {
  assert.equal(renderSparkline([0, 1, 2, 4, 8], 5, 'blocks'), '▁▂▃▅█');
  assert.equal(renderSparkline([9, 0, 8], 2, 'blocks'), '▁█');
  assert.equal(renderSparkline([1], 4, 'ascii'), '   #');
  assert.equal(renderSparkline([0, 0], 3, 'ascii'), ' __');
  assert.equal(renderSparkline([1, 2], 0, 'ascii'), '');
});
