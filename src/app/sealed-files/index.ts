/** Files that are encrypted, decrypted and signed as they are read (docs/spec/dst.md, docs/spec/identity.md). */
export { fileErrors } from './errors.ts';
export { Input } from './input.ts';
export { OpenedFile, type OpenOptions, type SealedFormat } from './open-file.ts';
export { passphraseRecipientOf, sealAgeFile, sealDstFile, type Write } from './seal-file.ts';
export { type CheckedSignature, checkSignature, signInput } from './sign-file.ts';
