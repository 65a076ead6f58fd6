/**
 * Passphrases: asked for on the terminal without showing what is typed, or read from a file. Never an argument or an
 * environment variable: those can be seen from outside.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { ReadStream } from 'node:tty';
import { messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { cliError } from '../errors.ts';

export interface PassphraseRequest {
  /** What it is for, as it stands in the question: `alice.key`. */
  readonly purpose: string;
  /** Asked twice, and not empty. */
  readonly isNew: boolean;
  /** File that has it as its only line; `-` is standard input. */
  readonly file: string | undefined;
  /** How it is called; a passphrase opens what is encrypted, a password lets somebody in, a secret signs. */
  readonly noun?: 'passphrase' | 'password' | 'secret';
}

/** Longest passphrase, bytes. */
const LONGEST: ByteCount = 64 * 1024;
const MOST_TRIES = 3;

/** Rejects PASSPHRASE_MISSING, PASSPHRASE_INVALID and INPUT_UNREADABLE. */
export async function askPassphrase(request: PassphraseRequest): Promise<string> {
  const { purpose, isNew, file, noun = 'passphrase' } = request;
  if (file !== undefined) return await readPassphrase(file, noun);
  using terminal = Terminal.open(`${noun} for ${purpose}`);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const question = isNew ? `New ${noun}` : `${noun[0]?.toUpperCase()}${noun.slice(1)}`;
    const passphrase = await terminal.ask(`${question} for ${purpose}: `);
    if (!isNew && passphrase !== '') return passphrase;
    if (passphrase === '') terminal.say('It may not be empty.');
    else if ((await terminal.ask('The same again: ')) === passphrase) return passphrase;
    else terminal.say('The two differ.');
  }
  throw cliError('PASSPHRASE_INVALID', `no ${noun} was given`);
}

async function readPassphrase(path: string, noun: string): Promise<string> {
  const text = await readLine(path).catch((cause: unknown) => {
    throw cliError('INPUT_UNREADABLE', `${path} could not be read: ${messageOf(cause)}`, { cause });
  });
  const passphrase = text?.replace(/\r?\n$/, '') ?? '';
  if (passphrase === '' || /[\r\n]/.test(passphrase)) {
    throw cliError('PASSPHRASE_INVALID', `${path} does not have a ${noun} as its only line`);
  }
  return passphrase;
}

/** Null when it is too long or no UTF-8. */
async function readLine(path: string): Promise<string | null> {
  const bytes = Buffer.alloc(LONGEST + 1);
  await using opened = path === '-' ? null : await open(path, 'r');
  let length = 0;
  const source = opened?.createReadStream({ autoClose: false }) ?? process.stdin;
  for await (const chunk of source as AsyncIterable<Buffer>) length += chunk.copy(bytes, length);
  try {
    return length > LONGEST ? null : new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch {
    return null;
  } finally {
    bytes.fill(0);
  }
}

/** The terminal of the process, also when standard input and output lead elsewhere. */
class Terminal implements Disposable {
  readonly #input: ReadStream;
  readonly #output: number;
  readonly #decoder = new StringDecoder('utf8');
  /** What was typed and not taken yet. */
  #typed = '';
  #onTyped = (): void => {};

  /** `output`: a file descriptor. */
  private constructor(input: ReadStream, output: number) {
    this.#input = input;
    this.#output = output;
    input.setRawMode(true); // Shows nothing of what is typed.
    input.on('data', this.#take);
  }

  /** Throws PASSPHRASE_MISSING. */
  static open(wanted: string): Terminal {
    if (process.platform !== 'win32') {
      try {
        return new Terminal(new ReadStream(openSync('/dev/tty', 'r')), openSync('/dev/tty', 'w'));
      } catch {
        // The process has no terminal.
      }
    } else if (process.stdin.isTTY) return new Terminal(process.stdin, STDERR);
    throw cliError('PASSPHRASE_MISSING', `there is no terminal on which to ask for the ${wanted}`);
  }

  [Symbol.dispose](): void {
    this.#input.off('data', this.#take);
    this.#input.setRawMode(false);
    this.#input.pause();
    if (this.#input !== process.stdin) this.#input.destroy();
    if (this.#output !== STDERR) closeSync(this.#output);
    this.#typed = '';
  }

  say(text: string): void {
    writeSync(this.#output, `${text}\r\n`);
  }

  /** A line without its end. Rejects PASSPHRASE_INVALID when the input ends. */
  async ask(question: string): Promise<string> {
    writeSync(this.#output, question);
    for (;;) {
      const end = /[\r\n\u0003\u0004]/.exec(this.#typed);
      if (end !== null) {
        const line = edited(this.#typed.slice(0, end.index));
        this.#typed = this.#typed.slice(end.index + 1);
        this.say('');
        if (end[0] === CTRL_C) await this.#interrupt();
        if (end[0] === CTRL_D) throw cliError('PASSPHRASE_INVALID', 'no passphrase was given');
        return line;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onTyped = resolve;
      await promise;
    }
  }

  readonly #take = (chunk: Buffer): void => {
    this.#typed += this.#decoder.write(chunk);
    if (this.#typed.length > LONGEST) this.#typed = '';
    this.#onTyped();
  };

  /** Ctrl-C reaches a raw terminal as a letter; it does here what it does elsewhere. */
  #interrupt(): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#input.setRawMode(false);
    if (process.listenerCount('SIGINT') > 0) {
      process.once('SIGINT', () => reject(cliError('PASSPHRASE_INVALID', 'no passphrase was given')));
    }
    process.kill(process.pid, 'SIGINT');
    return promise;
  }
}

const STDERR = 2;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
/** Arrow keys and the like. */
const ESCAPE_SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O.|.)?/g;

/** What remains when each key has done its work: backspace takes a letter away, Ctrl-U all. */
function edited(typed: string): string {
  let letters: string[] = [];
  for (const letter of typed.replaceAll(ESCAPE_SEQUENCES, '')) {
    if (letter === '\b' || letter === '\u007f') letters.pop();
    else if (letter === '\u0015') letters = [];
    else if (letter >= ' ') letters.push(letter);
  }
  return letters.join('');
}
