/** A program in a terminal of its own, typed at as by a person: util-linux's `script` makes the terminal. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Why there is none; false where there is. */
export const noTerminal: string | false =
  process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0
    ? 'needs script of util-linux'
    : false;

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

export class Terminal implements AsyncDisposable {
  /** All that was shown. */
  screen = '';
  readonly child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  /** All that it wrote has been read: later than its exit. */
  #isRead = false;
  #seen = 0;
  #onShown = (): void => {};

  constructor(command: readonly string[], home: string) {
    const args = ['-qec', command.map(quoted).join(' '), '/dev/null'];
    const env = { PATH: process.env['PATH'], HOME: home, SHELL: '/bin/sh', TERM: 'xterm', LANG: 'C.UTF-8' };
    this.child = spawn('script', args, { cwd: home, env });
    this.child.stdin.on('error', () => {});
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.screen += text;
      this.#onShown();
    });
    this.#ended = once(this.child, 'close').then(([code]) => {
      this.#isRead = true;
      this.#onShown();
      return code as number | null;
    });
  }

  /** Resolves when the text is shown, behind what was waited for before. */
  async shows(text: string): Promise<void> {
    for (;;) {
      const at = this.screen.indexOf(text, this.#seen);
      if (at >= 0) {
        this.#seen = at + text.length;
        return;
      }
      assert.ok(!this.#isRead, `"${text}" was not shown: ${this.screen}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onShown = resolve;
      await promise;
    }
  }

  type(text: string): void {
    this.child.stdin.write(text);
  }

  /** Answers a question. */
  async answer(question: string, line: string): Promise<void> {
    await this.shows(question);
    this.type(`${line}\r`);
  }

  /** Exit code of the program. */
  end(): Promise<number | null> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }
}
