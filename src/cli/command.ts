/** What a command is made of: a file in commands/ describes its flags and holds what it does. */
import { InvalidArgumentError, type Command } from 'commander';
import { DstError } from '../base/errors.ts';
import type { Output } from './ui/output.ts';

export interface CommandContext {
  readonly output: Output;
  /** Aborts on Ctrl-C and when stdout's reader is gone. Until it is asked for, Ctrl-C ends the process as usual. */
  readonly signal: AbortSignal;
  /** Calls back when a service is to read its configuration again. */
  readonly onReload: (reload: () => void) => void;
  /** The whole command tree, each command loaded. */
  readonly loadTree: () => Promise<Command>;
}

/** A command's work; it may answer with an exit code other than 0. */
export type Body<A extends unknown[]> = (context: CommandContext, ...args: A) => Promise<number | void>;

/** Turns a body into a commander action. Commander passes the arguments, then the flags, then the command. */
export type Perform = <A extends unknown[]>(body: Body<A>) => (...args: A) => Promise<void>;

export interface CommandDefinition {
  configure(command: Command, perform: Perform): void;
}

/** Wraps a parser of `arguments.ts` for commander, which adds the name of the flag to its words. */
export function value<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof DstError ? new InvalidArgumentError(`${error.message}.`) : error;
    }
  };
}

/** As `value`, for a flag that may be repeated: collects a list. */
export function values<T>(parse: (text: string) => T): (text: string, previous: readonly T[] | undefined) => T[] {
  const parseOne = value(parse);
  return (text, previous = []) => [...previous, parseOne(text)];
}
