/** Commands whose first word says what to do: which words and flags go with it. */
import { Argument } from 'commander';
import type { CommandContext } from './command.ts';
import { cliError } from './errors.ts';

export interface SubAction<Flags> {
  /** Fewest and most words behind it. */
  readonly words: readonly [fewest: number, most: number];
  /** What a word is: `name`. */
  readonly noun: string;
  readonly flags: readonly (keyof Flags)[];
  readonly perform: (context: CommandContext, words: readonly string[], flags: Flags) => Promise<number | void>;
}

/** A word of one command that names the same in another: `dst ls` and `dst key list`, `dst rm`. */
const otherWords: Readonly<Record<string, string>> = { list: 'ls', ls: 'list', remove: 'rm' };

/** The first word of a command: one of these names. */
export function actionArgument(names: readonly string[], description: string): Argument {
  const argument = new Argument('<action>', description).choices(names);
  const choose = argument.parseArg;
  return argument.argParser((word: string, previous) => {
    const other = otherWords[word] ?? word;
    return choose?.(names.includes(other) && !names.includes(word) ? other : word, previous);
  });
}

/** Does it, when what is given goes with it; throws USAGE. */
export async function performAction<Flags extends object>(
  context: CommandContext,
  /** As it is typed: `dst user add`. */
  command: string,
  { words: [fewest, most], noun, flags: taken, perform }: SubAction<Flags>,
  words: readonly string[],
  flags: Flags,
): Promise<number | void> {
  if (words.length < fewest) throw cliError('USAGE', `\`${command}\` needs a ${noun}`);
  if (words.length > most) throw cliError('USAGE', `\`${command}\` takes ${most === 0 ? `no ${noun}` : `one ${noun}`}`);
  const stray = Object.keys(flags).find((flag) => !taken.includes(flag as keyof Flags));
  if (stray !== undefined) {
    const written = stray.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw cliError('USAGE', `\`${command}\` does not take --${written}`);
  }
  return await perform(context, words, flags);
}
