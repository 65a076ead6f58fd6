/**
 * The two channels of a command: data on stdout, everything else on stderr. Foreign text is escaped by whoever builds
 * a line (`escapeText`); JSON is made safe here.
 */
import type { Logger } from '../../base/logger.ts';
import type { BarStyle } from './bar.ts';
import { toSafeJson } from './escape.ts';
import { LiveArea } from './live-area.ts';

/** Not imported: an import reads all of the module's exports, among them lazy ones that load others (2 ms). */
const { styleText } = process.getBuiltinModule('node:util');

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

type Format = Parameters<typeof styleText>[0];

export class Output {
  readonly options: OutputOptions;
  /** The log of a service, when it goes to stderr: then nothing else does. It is flushed when the command ends. */
  log: (Logger & AsyncDisposable) | null = null;
  readonly #area: LiveArea | null;

  constructor(options: OutputOptions) {
    this.options = options;
    const isLive = process.stderr.isTTY && process.env['TERM'] !== 'dumb' && !options.quiet && !options.json;
    this.#area = isLive ? new LiveArea(process.stderr) : null;
  }

  /** The redrawn lines at the bottom of the terminal; null where there is none (no terminal, --quiet, --json). */
  get area(): LiveArea | null {
    return this.#area;
  }

  /** Width for what goes to stdout. */
  get width(): number {
    return process.stdout.isTTY ? process.stdout.columns || 80 : 100;
  }

  /** Width for tables on stdout: where nobody looks at them nothing is cut. */
  get tableWidth(): number {
    return process.stdout.isTTY ? this.width : Number.POSITIVE_INFINITY;
  }

  get barStyle(): BarStyle {
    const locale = process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '';
    return /utf-?8/i.test(locale) || process.platform !== 'linux' ? 'blocks' : 'ascii';
  }

  /** A line of data for people or scripts. */
  line(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** One JSON value on one line. */
  json(value: unknown): void {
    process.stdout.write(`${toSafeJson(value)}\n`);
  }

  /** Raw data; resolves when it is handed over. */
  bytes(data: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      process.stdout.write(data, () => resolve());
    });
  }

  /** What happens, for people; nothing with --quiet or --json. */
  note(text: string): void {
    if (!this.options.quiet && !this.options.json) this.#toStderr(text);
  }

  /** As `note`, only with --verbose. */
  detail(text: string): void {
    if (this.options.verbose) this.note(this.dim(text, process.stderr));
  }

  /** Something is wrong, but the command goes on; silent only with --quiet. */
  warn(text: string): void {
    if (!this.options.quiet) this.#toStderr(`${this.#style('yellow', 'warning:', process.stderr)} ${text}`);
  }

  /** The words that end a command; never silent. */
  error(text: string): void {
    this.#toStderr(`${this.#style(['bold', 'red'], 'dst:', process.stderr)} ${text}`);
  }

  /** A line that belongs to an error: what to do next. */
  hint(text: string): void {
    this.#toStderr(`     ${text}`);
  }

  bold(text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.#style('bold', text, stream);
  }

  dim(text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.#style('dim', text, stream);
  }

  inverse(text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.#style('inverse', text, stream);
  }

  good(text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.#style('green', text, stream);
  }

  caution(text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.#style('yellow', text, stream);
  }

  bad(text: string, stream: NodeJS.WriteStream = process.stdout): string {
    return this.#style('red', text, stream);
  }

  /** Resolves when all that was written to stdout has been handed over. */
  flush(): Promise<void> {
    return this.bytes(new Uint8Array(0));
  }

  #toStderr(text: string): void {
    if (this.#area === null) process.stderr.write(`${text}\n`);
    else this.#area.print(`${text}\n`);
  }

  /** `styleText` obeys NO_COLOR, FORCE_COLOR and whether the stream is a terminal. */
  #style(format: Format, text: string, stream: NodeJS.WriteStream): string {
    return this.options.color ? styleText(format, text, { stream }) : text;
  }
}
