/** Commands whose first word says what to do: which words and flags go with it. */
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
