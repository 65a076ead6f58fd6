import { errorsOf } from '../../base/errors.ts';

export const sealedErrors = {
  SEALED_FORMAT: {
    category: 'integrity',
    help: 'The file is not a sealed file of this format, or its beginning was damaged. Fetch it again, or ask who made it.',
  },
  SEALED_VERSION: {
    category: 'integrity',
    help: 'The sealed file has a newer format than this program knows. Look for a newer version of this program.',
  },
  SEALED_HEADER: {
    category: 'integrity',
    help: 'The header of the sealed file breaks the rules of its format: it was damaged, or made to do harm.',
  },
  SEALED_TOO_LARGE: {
    category: 'security',
    help: 'The header of the sealed file is larger, or has more recipients, than any honest one.',
  },
  SEALED_COST: {
    category: 'security',
    help: 'The sealed file demands more memory or time for its passphrase than is allowed, so it was refused before any was spent.',
  },
  SEALED_NO_KEY: {
    category: 'security',
    help: 'The sealed file was not sealed for any of your keys. Give the right key file, or ask its author to seal it for you.',
  },
  SEALED_PASSPHRASE: {
    category: 'security',
    help: 'The passphrase does not open the sealed file. Mind capital letters and the keyboard layout, and try again.',
  },
  SEALED_FORGED: {
    category: 'integrity',
    help: 'The header of the sealed file was altered after it was made. Do not trust it; fetch it again.',
  },
  SEALED_DAMAGED: {
    category: 'integrity',
    help: 'A part of the sealed file is not what its author sealed. Nothing of that part was used; fetch the file again.',
  },
  SEALED_TRUNCATED: {
    category: 'integrity',
    help: 'The sealed file ends before its end. It was not transferred whole; fetch it again.',
  },
  SEALED_SIGNATURE: {
    category: 'security',
    help: 'The sealed file carries a signature that is not valid: it was taken off another file, or its content was changed. Do not trust it.',
  },
  SEALED_ARMOR: {
    category: 'integrity',
    help: 'The text form of the sealed file is damaged: mail or an editor changed it. Fetch it again, as a file.',
  },
  SEALED_KEY_TEXT: {
    category: 'usage',
    help: 'The text is not a key of age: it was mistyped or cut off, or is a key of another kind. Copy it again, whole.',
  },
  SEALED_CONTENT: {
    category: 'integrity',
    help: 'The sealed file was opened, but what is in it is not what it should be. Ask its author to make it again.',
  },
  SEALED_RECIPIENT: {
    category: 'usage',
    help: 'A file cannot be sealed so: a recipient is not a valid key, or such recipients may not be mixed in one file.',
  },
} as const;

export const sealedError: ReturnType<typeof errorsOf<typeof sealedErrors>> = errorsOf(sealedErrors);
