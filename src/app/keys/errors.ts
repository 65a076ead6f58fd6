/** Errors of key files. */
import { errorsOf } from '../../base/errors.ts';

export const keyErrors = {
  KEY_UNREADABLE: {
    category: 'storage',
    help: 'The key file could not be read. Give its path, or the name of a key in the key folder; `dst key list` shows those.',
  },
  KEY_UNWRITABLE: {
    category: 'storage',
    help: 'The key file could not be written. Check that its folder exists, may be written and has room.',
  },
  KEY_EXISTS: {
    category: 'usage',
    help: 'There is a key file already, and it was not touched. Name another place, or replace it with --force: a secret key that is replaced is gone.',
  },
  KEY_NAME: {
    category: 'usage',
    help: 'A key in the key folder is named with letters, digits, - and _; anything else is a path, such as ./KEY. A name that looks like a fingerprint or a key of age is not allowed.',
  },
  KEY_KIND: {
    category: 'usage',
    help: 'The file is not a key of the kind that is wanted here. `dst key show FILE` says what it is.',
  },
  KEY_PASSPHRASE: {
    category: 'security',
    help: 'The passphrase does not open the key file. Mind capital letters and the keyboard layout, and try again.',
  },
  KEY_ROTATIONS: {
    category: 'security',
    help: 'The changes of keys in the file do not lead to the key in it. Do not use it; ask the owner for it again.',
  },
} as const;

export const keyError: ReturnType<typeof errorsOf<typeof keyErrors>> = errorsOf(keyErrors);
