import { errorsOf } from '../../base/errors.ts';

export const identityErrors = {
  IDENTITY_TEXT: {
    category: 'integrity',
    help: 'The file is not a key, rotation or signature of this program, or mail or an editor changed it. Fetch it again, whole.',
  },
  IDENTITY_VERSION: {
    category: 'integrity',
    help: 'The key, rotation or signature has a newer format than this program knows. Look for a newer version of this program.',
  },
  IDENTITY_INVALID: {
    category: 'integrity',
    help: 'The key, rotation or signature breaks the rules of its format: it was damaged, or made to do harm. Fetch it again.',
  },
  IDENTITY_FORGED: {
    category: 'security',
    help: 'The keys and the name in the file were not put together by the owner of the keys. Do not use it; ask the owner for the file and its fingerprint.',
  },
  IDENTITY_ROTATION: {
    category: 'security',
    help: 'The change of keys was not signed by both the old and the new key. Do not follow it; ask the owner.',
  },
  IDENTITY_FORK: {
    category: 'security',
    help: 'Two changes of keys lead from the same key to different ones: one of them may be a thief’s. Ask the owner which fingerprint is right.',
  },
} as const;

export const identityError: ReturnType<typeof errorsOf<typeof identityErrors>> = errorsOf(identityErrors);

export const signatureErrors = {
  SIGNATURE_MISMATCH: {
    category: 'integrity',
    help: 'The file is not the one that was signed: it was changed or damaged, or the signature belongs to another file. Fetch both again.',
  },
  SIGNATURE_FORGED: {
    category: 'security',
    help: 'The signature is not valid: it was not made by the key that it names. Do not trust the file.',
  },
  SIGNATURE_SIGNER: {
    category: 'security',
    help: 'The file is signed, but not by whom you expect. Do not trust it before you have compared the fingerprint with its owner; if the owner has changed keys, give the rotation too.',
  },
  SIGNATURE_MISSING: {
    category: 'security',
    help: 'The file is not signed, and a signature was asked for. Ask its author, or leave out --signer.',
  },
} as const;

export const signatureError: ReturnType<typeof errorsOf<typeof signatureErrors>> = errorsOf(signatureErrors);
