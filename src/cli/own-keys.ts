/** Private keys for commands: opened with a passphrase where they have one, and with a warning where others can read them. */
import {
  type AskAgain,
  keyPath,
  KeyRing,
  ownKeyPaths,
  retried,
  unlockIdentity,
  type UnlockedIdentity,
} from '../app/keys/index.ts';
import type { CommandContext } from './command.ts';
import { askPassphrase } from './ui/ask-passphrase.ts';
import { escapeText } from './ui/escape.ts';

/** The key that signs when none is named. */
export const DEFAULT_KEY = 'default';

/** Passphrases that a person may get wrong for one file. */
const MOST_WRONG = 3;

/** Tells that a passphrase was wrong, and whether there is another one to try: what comes from a file stays the same. */
export const askAgain =
  ({ output }: CommandContext, purpose: string, file: string | undefined): AskAgain =>
  (wrong) => {
    const isAsked = file === undefined && wrong < MOST_WRONG;
    if (isAsked) output.warn(`that is not the passphrase of ${escapeText(purpose)}; try again`);
    return isAsked;
  };

/** `file`: with the passphrase of the key; else it is asked for. The caller disposes of what it gets. */
export async function openOwnKey(
  context: CommandContext,
  key: string,
  file: string | undefined,
): Promise<UnlockedIdentity> {
  const path = keyPath(key, 'key');
  const identity = await retried(
    () => unlockIdentity(path, () => askPassphrase({ purpose: path, isNew: false, file })),
    askAgain(context, path, file),
  );
  if (identity.isExposed) warnOfExposed(context.output, path);
  return identity;
}

/** The keys that are named, or all private ones of the key folder. */
export async function keyRing(
  context: CommandContext,
  keys: readonly string[] | undefined,
  file: string | undefined,
): Promise<KeyRing> {
  const { output } = context;
  const ask = (path: string): Promise<string> => askPassphrase({ purpose: path, isNew: false, file });
  let read: Promise<string> | undefined; // A pipe gives it once.
  return new KeyRing({
    paths: keys ?? (await ownKeyPaths()),
    passphrase: (path) => (file === undefined ? ask(path) : (read ??= ask(path))),
    askAgain: (path, wrong) => askAgain(context, path, file)(wrong),
    onLocked: (path) => output.warn(`the passphrase does not open ${escapeText(path)}; other keys are tried`),
    onExposed: (path) => warnOfExposed(output, path),
  });
}

function warnOfExposed(output: CommandContext['output'], path: string): void {
  output.warn(`others can read ${escapeText(path)}; make it yours alone: chmod 600`);
}
