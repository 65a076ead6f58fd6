/** Private keys for commands: opened with a passphrase where they have one, and with a warning where others can read them. */
import { keyPath, KeyRing, ownKeyPaths, unlockIdentity, type UnlockedIdentity } from '../app/keys/index.ts';
import type { CommandContext } from './command.ts';
import { askPassphrase } from './ui/ask-passphrase.ts';
import { escapeText } from './ui/escape.ts';

/** The key that signs when none is named. */
export const DEFAULT_KEY = 'default';

/** `file`: with the passphrase of the key; else it is asked for. The caller disposes of what it gets. */
export async function openOwnKey(
  { output }: CommandContext,
  key: string,
  file: string | undefined,
): Promise<UnlockedIdentity> {
  const path = keyPath(key, 'key');
  const identity = await unlockIdentity(path, () => askPassphrase({ purpose: path, isNew: false, file }));
  if (identity.isExposed) warnOfExposed(output, path);
  return identity;
}

/** The keys that are named, or all private ones of the key folder. */
export async function keyRing(
  { output }: CommandContext,
  keys: readonly string[] | undefined,
  file: string | undefined,
): Promise<KeyRing> {
  return new KeyRing({
    paths: keys ?? (await ownKeyPaths()),
    passphrase: (path) => askPassphrase({ purpose: path, isNew: false, file }),
    onExposed: (path) => warnOfExposed(output, path),
  });
}

function warnOfExposed(output: CommandContext['output'], path: string): void {
  output.warn(`others can read ${escapeText(path)}; make it yours alone: chmod 600`);
}
