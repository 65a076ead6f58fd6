/** Takes what is named out of the daemon, each on its own: one that cannot be taken out is told, and keeps no other. */
import { codeOf, messageOf } from '../../base/errors.ts';
import type { CommandContext } from '../command.ts';
import { ExitCode, exitCodeOf } from '../exit-codes.ts';
import { reportError } from '../report-error.ts';
import { escapeText } from '../ui/escape.ts';

interface Removal<T> {
  /** What has been done then, in a word; with --json the member with all of them. */
  readonly done: string;
  /** Resolves with what is told of it. */
  readonly remove: (name: string) => Promise<T>;
  readonly nameOf: (removed: T) => string;
}

/** One that is named twice is removed once. The exit code is that of the first failure. */
export async function removeEach<T>(
  { output }: CommandContext,
  names: readonly string[],
  { done, remove, nameOf }: Removal<T>,
): Promise<number> {
  const removed: T[] = [];
  let exitCode: number = ExitCode.ok;
  for (const name of new Set(names)) {
    try {
      removed.push(await remove(name));
    } catch (error) {
      // Nobody to remove anything of: it is the same with the next one.
      if (exitCodeOf(error) === ExitCode.daemon) throw error;
      exitCode ||= exitCodeOf(error);
      if (output.options.json) output.json({ error: { code: codeOf(error), message: messageOf(error) }, name });
      await reportError(output, error, { isTold: true, subject: escapeText(name) });
    }
  }
  if (output.options.json) output.json({ [done]: removed });
  else if (removed.length > 0) output.note(`${done}: ${removed.map((one) => escapeText(nameOf(one))).join(', ')}`);
  return exitCode;
}
