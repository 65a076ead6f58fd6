/** Identities: who seals, opens and signs (docs/spec/identity.md). */
export {
  checkSignedFile,
  decodeSignature,
  type DetachedSignature,
  isFileName,
  type SignedFile,
  signFile,
} from './detached-signature.ts';
export { identityErrors, signatureError, signatureErrors } from './errors.ts';
export { fingerprintOf, type FingerprintType, parseFingerprint } from './fingerprint.ts';
export {
  claimDigest,
  type ClaimPlace,
  decodePeerClaim,
  LONGEST_CLAIM,
  type PeerRole,
  signPeerClaim,
} from './peer-claim.ts';
export {
  decodePrivateIdentity,
  encodePrivateIdentity,
  type IdentitySecrets,
  type PrivateIdentity,
  wipeSecrets,
} from './private-identity.ts';
export { decodeIdentity, isIdentityName, type PublicIdentity, signIdentity } from './public-identity.ts';
export { decodeRotation, followRotations, type Rotation, signRotation } from './rotation.ts';
export { decodeTextBlocks, encodeTextBlock, LONGEST_TEXT, type TextBlock, type TextLabel } from './text-block.ts';
