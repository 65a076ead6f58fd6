/** Runs the `dst` command as a child process and collects what it says. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { dstCommand } from '../support/dst-command.ts';

/** Shared by all runs: without it each child would strip the types of every file anew. */
const compileCache = join(tmpdir(), 'dst-test-compile-cache');

export interface CliOptions {
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Command that runs it in another network, with fewer rights, …: `nsenter`, `setpriv` with their arguments. */
  readonly within?: readonly string[];
  /** Keeps the terminal of whoever runs the tests away from it. */
  readonly withoutTerminal?: true;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderr: string;
}

/** Starts `dst`; colours, locale and state do not depend on the machine. */
export function startDst(args: readonly string[], options: CliOptions = {}): ChildProcessWithoutNullStreams {
  const state = options.cwd ?? tmpdir();
  const env = {
    PATH: process.env['PATH'],
    HOME: state,
    XDG_STATE_HOME: join(state, '.state'),
    LANG: 'C.UTF-8',
    NODE_COMPILE_CACHE: compileCache,
    ...options.env,
  };
  const [command, ...rest] = [...(options.within ?? []), ...dstCommand, ...args] as [string, ...string[]];
  const child = spawn(command, rest, {
    cwd: options.cwd,
    env,
    detached: options.withoutTerminal === true,
  });
  child.stdin.on('error', () => {});
  if (options.stdin !== undefined) child.stdin.end(options.stdin);
  return child;
}

/** Runs `dst` to its end. */
export async function dst(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startDst(args, options);
  if (options.stdin === undefined) child.stdin.end();
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const stdoutBytes = Buffer.concat(out);
  return { code, stdout: stdoutBytes.toString(), stdoutBytes, stderr: Buffer.concat(err).toString() };
}

/** Runs `dst` and expects success without a word of trouble; answers with its JSON. */
export async function dstJson<T>(args: readonly string[], options: CliOptions = {}): Promise<T> {
  const { code, stdout, stderr } = await dst([...args, '--json'], options);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

interface ErrorAnswer {
  readonly error?: { readonly code: string; readonly message: string };
}

/** The code that stderr ends with: in words, or in a line of JSON where the command writes a log. */
function toldCode(stderr: string): string {
  const inWords = /^dst: (?:.+: )?.+ \(([A-Z_0-9]+)\)$/m.exec(stderr);
  if (inWords !== null) return inWords[1] as string;
  const { level, error, help, msg } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  assert.deepEqual([level, msg, typeof help], ['error', 'ended by an error', 'string']);
  return (error as { code: string }).code;
}

/** Expects a failure told as the house tells it: words and code on stderr, no stack trace, an object with --json. */
export async function assertFails(
  args: readonly string[],
  exitCode: number,
  errorCode: string | RegExp,
  options: CliOptions = {},
): Promise<CliResult> {
  const result = await dst(args, options);
  const where = `dst ${args.join(' ')}\n${result.stderr}`;
  assert.equal(result.code, exitCode, where);
  const told = toldCode(result.stderr);
  assert.match(told, typeof errorCode === 'string' ? new RegExp(`^${errorCode}$`) : errorCode, where);
  assert.doesNotMatch(result.stderr, /^\s+at /m, where);
  if (!args.includes('--json')) {
    const asJson = await dst([...args, '--json'], options);
    assert.equal(asJson.code, exitCode, asJson.stderr);
    const answers = asJson.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ErrorAnswer);
    const error = answers.find((answer) => answer.error !== undefined)?.error;
    assert.equal(error?.code, told);
    assert.ok((error?.message.length ?? 0) > 0);
  }
  return result;
}

/** A folder that disappears when it is disposed. */
export async function scratchFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'dst-cli-'));
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) };
}

export interface CliEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A `dst … --json` that runs for a while: its events as they come. */
export class DstRun implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly events: CliEvent[] = [];
  stderr = '';
  readonly #ended: Promise<number | null>;
  /** All that it wrote has been read: later than its exit. */
  #isRead = false;
  #onEvent: () => void = () => {};

  constructor(args: readonly string[], options: CliOptions = {}) {
    this.child = startDst([...args, '--json'], options);
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as CliEvent);
      this.#onEvent();
    });
    this.#ended = once(this.child, 'close').then(([code]) => {
      this.#isRead = true;
      this.#onEvent();
      return code as number | null;
    });
  }

  /** The first event of this name that `isWanted`; fails when the process ends before it. */
  async event(name: string, isWanted: (event: CliEvent) => boolean = () => true): Promise<CliEvent> {
    for (;;) {
      const found = this.events.find((event) => event.event === name && isWanted(event));
      if (found !== undefined) return found;
      assert.ok(!this.#isRead, `no event "${name}" came: ${this.stderr}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onEvent = resolve;
      await promise;
    }
  }

  /** Exit code. */
  end(): Promise<number | null> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }
}
