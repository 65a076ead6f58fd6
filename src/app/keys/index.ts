/** Keys of people: reading, opening, making and keeping them (docs/spec/identity.md). */
export { keyErrors } from './errors.ts';
export {
  checkSigner,
  type ExpectedSigner,
  keptName,
  keptNames,
  readExpectedSigner,
  signerFingerprint,
} from './expected-signer.ts';
export { type ExportFormat, exportFormats, exportPublic, exportSecret } from './export-key.ts';
export { type ImportedPublic, importPrivate, importPublic, locateKey } from './import-key.ts';
export { keyPath } from './key-folder.ts';
export { KeyRing, type KeyRingOptions } from './key-ring.ts';
export { type ListedKey, listKeys, ownKeyPaths } from './list-keys.ts';
export { makeIdentity } from './make-identity.ts';
export { type AskAgain, askedAgePassphrase, askedPassphrase, retried } from './passphrase.ts';
export { ageFingerprint, type PublicKeys, readPublicKeys, rsaFingerprint } from './public-keys.ts';
export { peerIdentities } from './peer-identities.ts';
export { type NamedRecipient, readAgeRecipients, readRecipient, type RecipientOptions } from './recipients.ts';
export { rotateIdentity } from './rotate-identity.ts';
export { checkKeyPath, saveIdentity, savePrivateKey } from './save-identity.ts';
export { unlockIdentity } from './unlock-identity.ts';
export type { UnlockedIdentity } from './unlocked-identity.ts';
