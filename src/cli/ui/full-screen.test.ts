import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { FullScreen, type KeyStream, type ScreenStream } from './full-screen.ts';
import { keysIn } from './keys.ts';

class Input extends EventEmitter implements KeyStream {
  readonly calls: string[] = [];

  setRawMode(isRaw: boolean): void {
    this.calls.push(`raw ${isRaw}`);
  }

  setEncoding(): void {}

  resume(): void {}

  pause(): void {
    this.calls.push('pause');
  }
}

class Output extends EventEmitter implements ScreenStream {
  readonly written: string[] = [];
  columns = 80;
  rows = 3;

  write(text: string): void {
    this.written.push(text);
  }
}

function scene(): { input: Input; output: Output; screen: FullScreen; keys: string[]; sizes: number[] } {
  const [input, output, keys, sizes] = [new Input(), new Output(), [] as string[], [] as number[]];
  const screen = new FullScreen(input, output, {
    onKey: (key) => keys.push(key),
    onResize: () => sizes.push(output.columns),
  });
  return { input, output, screen, keys, sizes };
}

test('only lines that have changed are written, in one piece', () => {
  const { output, screen } = scene();
  screen.draw(['one', 'two']);
  screen.draw(['one', 'zwei', 'three', 'too many']);
  screen.draw(['one', 'zwei', 'three', 'too many']);
  screen.draw(['one']);
  screen[Symbol.dispose]();
  const line = (row: number, text: string): string => `\u001b[${row};1H\u001b[2K${text}\u001b[0m`;
  const update = (...lines: string[]): string => `\u001b[?2026h${lines.join('')}\u001b[?2026l`;
  assert.deepEqual(output.written.slice(1, -1), [
    update(line(1, 'one'), line(2, 'two')),
    update(line(2, 'zwei'), line(3, 'three')),
    update(line(2, ''), line(3, '')),
  ]);
});

test('the terminal is given back as it was, with its cursor and its lines', () => {
  const { input, output, screen } = scene();
  assert.equal(output.written[0], '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J');
  const listeners = process.listenerCount('exit');
  screen[Symbol.dispose]();
  assert.equal(output.written.at(-1), '\u001b[?7h\u001b[?25h\u001b[?1049l');
  assert.deepEqual(input.calls, ['raw true', 'raw false', 'pause']);
  assert.equal(process.listenerCount('exit'), listeners - 1);
  assert.deepEqual([input.listenerCount('data'), output.listenerCount('resize')], [0, 0]);
});

test('after a change of size everything is drawn again', () => {
  const { output, screen, sizes } = scene();
  screen.draw(['one']);
  output.columns = 40;
  output.emit('resize');
  assert.deepEqual(sizes, [40]);
  assert.equal(output.written.at(-1), '\u001b[2J');
  screen.draw(['one']);
  assert.match(output.written.at(-1) ?? '', /one/);
  assert.equal(screen.width, 40);
  screen[Symbol.dispose]();
});

test('keys come by name, however many at a time', () => {
  const { input, screen, keys } = scene();
  input.emit('data', '\u001b[Aq');
  input.emit('data', '\u0003');
  screen[Symbol.dispose]();
  assert.deepEqual(keys, ['up', 'q', 'ctrl-c']);
});

test('sequences of terminals are read, and unknown ones ignored', () => {
  assert.deepEqual(keysIn('\u001b[B\u001bOA\u001b[5~\u001b[6~\u001b[H\u001b[4~'), [
    'down',
    'up',
    'page-up',
    'page-down',
    'home',
    'end',
  ]);
  assert.deepEqual(keysIn('\u001b[15~\u001b[1;5C x'), [' ', 'x']);
  assert.deepEqual(keysIn('\u001b'), ['escape']);
  assert.deepEqual(keysIn('\u001b\u001b[A'), ['escape', 'up']);
  assert.deepEqual(keysIn('ü\u000c'), ['ü', 'ctrl-l']);
});
