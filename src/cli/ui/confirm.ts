/** A question before something that cannot be undone. */
import { createInterface } from 'node:readline/promises';
import { cliError } from '../errors.ts';

/** Rejects NOT_CONFIRMED unless somebody at the terminal says yes. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw cliError('NOT_CONFIRMED', `${question} There is no terminal on which to ask`);
  }
  using lines = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-D ends the input without an answer.
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  const answer = await lines.question(`${question} [y/N] `, { signal: ended.signal }).catch(() => '');
  if (!/^y(es)?$/i.test(answer.trim())) throw cliError('NOT_CONFIRMED', 'nothing was done');
}
