import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveArea } from './live-area.ts';

const screen = (columns = 20, rows = 10): { area: LiveArea; written: string[] } => {
  const written: string[] = [];
  return { area: new LiveArea({ columns, rows, write: (text) => void written.push(text) }), written };
};

test('the first drawing hides the cursor and the next one goes back over it', () => {
  const { area, written } = screen();
  area.draw(['one', 'two']);
  area.draw(['three']);
  assert.equal(written[0], '\u001b[?25l\u001b[2Kone\n\u001b[2Ktwo\n\u001b[J');
  assert.equal(written[1], '\u001b[2A\r\u001b[2Kthree\n\u001b[J');
});

test('lines are cut to the width and to the height of the terminal', () => {
  const { area, written } = screen(6, 3);
  area.draw(['123456789', 'b', 'c', 'd']);
  assert.equal(written[0], '\u001b[?25l\u001b[2K1234…\n\u001b[2Kb\n\u001b[J');
});

test('text is printed above the area and the cursor comes back when it is cleared', () => {
  const { area, written } = screen();
  area.draw(['bar']);
  area.print('note\n');
  assert.equal(written[1], '\u001b[1A\r\u001b[Jnote\n\u001b[?25h');
  area.draw(['bar']);
  area.clear();
  assert.equal(written.at(-1), '\u001b[1A\r\u001b[J\u001b[?25h');
  area.clear();
  assert.equal(written.length, 4);
});
