/**
 * Files of age (c2sp.org/age, version 1), for and from the program `age` and all that understand it. What is armored goes
 * through ArmorDecoder before AgeOpener, and through ArmorEncoder behind AgeSealer.
 */
export { ArmorDecoder, ArmorEncoder, encodeArmor, isArmored } from './armor.ts';
export { PAYLOAD_NONCE } from './chunks.ts';
export {
  type AgeKeyKind,
  type AgePublicKey,
  agePublicKeyOf,
  type AgeSecretKey,
  decodeAgeIdentityFile,
  decodeAgePublicKey,
  decodeAgeRecipientsFile,
  decodeAgeSecretKey,
  encodeAgePublicKey,
  encodeAgeSecretKey,
} from './keys.ts';
export { AgeOpener, openAge } from './open.ts';
export { ageIdentity, agePassphraseIdentity, agePassphraseRecipient, ageRecipient } from './recipients.ts';
export { AgeSealer, sealAge } from './seal.ts';
