/** Where keys are: a path, or a name in the key folder of the user. */
import { join } from 'node:path';
import { parseFingerprint } from '../../codec/identity/index.ts';
import { keyDirectory } from '../paths/index.ts';
import { keyError } from './errors.ts';

/** `NAME.key` is a private key, `NAME.pub` a public one. */
export type KeyFileKind = 'key' | 'pub';

/** Whether a text names a key in the key folder. With a dot or a slash in it, it is a path; a key of age names itself. */
export const isKeyName = (text: string): boolean =>
  /^(?!age1)[A-Za-z0-9_-]{1,64}$/i.test(text) && parseFingerprint(text) === null;

/**
 * The path of what a user calls a key. Names lead to the key folder alone: a file that happens to lie in the current
 * folder never takes the place of a key that was kept. Throws KEY_NAME.
 */
export function keyPath(text: string, kind: KeyFileKind): string {
  if (isKeyName(text)) return join(keyDirectory(), `${text}.${kind}`);
  if (/[./\\]/.test(text)) return text;
  throw keyError('KEY_NAME', `"${text}" is neither a name of a key nor a path`);
}

/** The public key file that lies beside a private one: the same path with `.pub` in place of `.key`. */
export const publicPathOf = (path: string): string => `${path.replace(/\.key$/, '')}.pub`;
