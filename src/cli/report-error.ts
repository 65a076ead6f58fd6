/** How an error is told: words for people on stderr with what to do next, an object for programs on stdout. */
import { codeOf, DstError, messageOf } from '../base/errors.ts';
import { cliErrors } from './errors.ts';
import { escapeText } from './ui/escape.ts';
import type { Output } from './ui/output.ts';

export interface ReportOptions {
  /** What the error befell, already escaped; put in front of the words. */
  readonly subject?: string | null;
  /** The JSON form has been printed by the caller. */
  readonly isTold?: boolean;
  /** What to do next, in place of the sentence of the error's table. */
  readonly help?: string;
}

export async function reportError(output: Output, error: unknown, options: ReportOptions = {}): Promise<void> {
  const isExpected = error instanceof DstError && error.category !== 'internal';
  const code = codeOf(error) ?? 'UNEXPECTED';
  const message = messageOf(error);
  if (output.options.json && options.isTold !== true) output.json({ error: { code, message } });
  const help = isExpected ? (options.help ?? (await helpOf(error))) : unexpectedHelp(output.options.verbose);
  if (output.log !== null) {
    const stack = isExpected || !(error instanceof Error) ? {} : { stack: error.stack };
    output.log.error('ended by an error', { error, ...stack, help });
    return;
  }
  const subject = options.subject === null || options.subject === undefined ? '' : `${options.subject}: `;
  output.error(`${subject}${escapeText(message)} (${escapeText(code)})`);
  if (help !== null) output.hint(help);
  if (output.options.verbose) tellCauses(output, error, isExpected);
}

/** The sentence of the error's table. */
async function helpOf(error: DstError): Promise<string | null> {
  if (error.code in cliErrors) return cliErrors[error.code as keyof typeof cliErrors].help;
  const { errorHelp } = await import('../app/error-catalog/index.ts');
  return await errorHelp(error.code);
}

function unexpectedHelp(isVerbose: boolean): string {
  return `This should not have happened. Please report it${isVerbose ? ' with what follows' : '; --verbose shows where it came from'}.`;
}

/** The chain of causes, and the stack where the error is a defect. */
function tellCauses(output: Output, error: unknown, isExpected: boolean): void {
  if (!isExpected && error instanceof Error && error.stack !== undefined) {
    for (const line of error.stack.split('\n')) output.hint(escapeText(line));
  }
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; depth < 8 && cause !== undefined; depth++) {
    output.hint(`because: ${escapeText(messageOf(cause))}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
}
