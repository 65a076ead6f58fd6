/** Runs one command line: builds the part of the tree that it needs, runs the command, reports its error. */
import { DstError } from '../base/errors.ts';
import { commandList } from './command-list.ts';
import type { Body, CommandContext, Perform } from './command.ts';
import { ExitCode, exitCodeOf } from './exit-codes.ts';
import { StopSignals } from './stop-signals.ts';
import { Output, type OutputOptions } from './ui/output.ts';

/** Answers with the exit code; `argv` begins with the command. */
export async function run(argv: readonly string[]): Promise<number> {
  const invocation = new Invocation(argv);
  const code = await invocation.run();
  await invocation.output.flush();
  await invocation.output.log?.[Symbol.asyncDispose]();
  return code;
}

class Invocation {
  readonly output: Output;
  readonly #argv: readonly string[];
  readonly #stop: StopSignals;
  #exitCode: number = ExitCode.ok;
  #isReaderGone = false;

  constructor(argv: readonly string[]) {
    this.#argv = argv;
    this.output = new Output(commonOptions(argv));
    this.#stop = new StopSignals((name) => {
      const { log } = this.output;
      if (log === null)
        this.output.note(`stopping (${name === 'SIGINT' ? 'press Ctrl-C again to stop at once' : name})`);
      else log.info('stopping', { reason: name });
    });
    process.stdout.on('error', (error: NodeJS.ErrnoException) => this.#onStdoutError(error));
    process.stderr.on('error', () => {});
  }

  async run(): Promise<number> {
    const { buildProgram } = await import('./program.ts');
    const names = neededCommands(this.#argv);
    const program = await buildProgram(this.#perform, (name) => names.includes(name));
    try {
      await program.parseAsync(this.#argv.length === 0 ? ['--help'] : askedOf(this.#argv), { from: 'user' });
      return this.#isReaderGone ? this.#exitCode : (this.#stop.exitCode ?? this.#exitCode);
    } catch (error) {
      return await this.#fail(error);
    }
  }

  readonly #perform: Perform =
    <A extends unknown[]>(body: Body<A>) =>
    async (...args: A): Promise<void> => {
      const stop = this.#stop;
      const context: CommandContext = {
        output: this.output,
        get signal() {
          return stop.signal;
        },
        onReload: (reload) => stop.onReload(reload),
        loadTree: async () => {
          const { buildProgram } = await import('./program.ts');
          return await buildProgram(this.#perform, () => true);
        },
      };
      this.#exitCode = (await body(context, ...args)) ?? ExitCode.ok;
    };

  async #fail(error: unknown): Promise<number> {
    const { CommanderError } = await import('commander');
    if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.ok;
    if (this.#stop.exitCode !== null) {
      this.output.log?.error('failed while stopping', { error });
      return this.#stop.exitCode;
    }
    const { reportError } = await import('./report-error.ts');
    const told = error instanceof CommanderError ? await usageError(error) : error;
    await reportError(
      this.output,
      told,
      told instanceof DstError && told.code.startsWith('USAGE') ? { help: this.#usageHelp() } : {},
    );
    return exitCodeOf(told);
  }

  #usageHelp(): string {
    const name = neededCommands(this.#argv)[0];
    const entry = commandList.find((command) => command.name === name || command.aliases.includes(name ?? ''));
    return `See: dst help${entry === undefined ? '' : ` ${entry.name}`}`;
  }

  /** When the reader of stdout has gone (`dst … | head`) the command stops without a word. */
  #onStdoutError(error: NodeJS.ErrnoException): void {
    if (error.code === 'EPIPE') {
      if (!this.#isReaderGone) this.output.log?.info('stopping', { reason: 'nobody reads standard output' });
      this.#isReaderGone = true;
      this.#stop.stop(ExitCode.incomplete);
    } else {
      this.output.error(`standard output cannot be written: ${error.message} (OUTPUT_UNWRITABLE)`);
      process.exit(ExitCode.storage);
    }
  }
}

async function usageError(error: { code: string; message: string }): Promise<DstError> {
  const { cliError } = await import('./errors.ts');
  const words = error.message
    .replace(/^error: /, '')
    .replace(/^command-argument value '(.*)' is invalid for argument '(\S+)'\. /s, '"$1" is no $2. ')
    .replace(/\s*\n\s*/g, ' ');
  return cliError(error.code === 'commander.invalidArgument' ? 'USAGE_VALUE' : 'USAGE', words);
}

const isCommand = (word: string): boolean =>
  commandList.some(({ name, aliases }) => name === word || aliases.includes(word));

/** Help on what is no command is told as that word alone is: with the name that may have been meant. */
function askedOf(argv: readonly string[]): string[] {
  const [first, topic] = argv.filter((word) => !word.startsWith('-'));
  const isUnknown = first === 'help' && topic !== undefined && !isCommand(topic);
  return isUnknown ? argv.toSpliced(argv.indexOf('help'), 1) : [...argv];
}

/** The names that may be the command: the first word, or the second after `help`. */
function neededCommands(argv: readonly string[]): string[] {
  const words = argv.filter((word) => !word.startsWith('-'));
  return words.slice(words[0] === 'help' ? 1 : 0).slice(0, 1);
}

/** The shared flags are needed before commander has read the line: its own errors obey them too. */
function commonOptions(argv: readonly string[]): OutputOptions {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  const has = (long: string, short?: string): boolean =>
    flags.some((flag) => flag === long || (short !== undefined && new RegExp(`^-[qv]*${short}[qv]*$`).test(flag)));
  return { json: has('--json'), quiet: has('--quiet', 'q'), verbose: has('--verbose', 'v'), color: !has('--no-color') };
}
