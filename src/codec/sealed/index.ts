/** What sealed files of all formats share: the header of age's grammar, recipients and identities. */
export { fromBase64, toBase64 } from './base64.ts';
export { sealedError, sealedErrors } from './errors.ts';
export { unwrapFileKey, wrapFileKey } from './file-key.ts';
export {
  encodeStanzas,
  finishHeader,
  type HeaderVersion,
  LONGEST_HEADER,
  MOST_STANZAS,
  parseHeader,
  type SealedHeader,
  type Stanza,
} from './header.ts';
export { OpeningSteps } from './opening-steps.ts';
export type { Identity, Recipient, RecipientFamily } from './recipient.ts';
export { stanzaBytes, stanzasOf } from './stanzas.ts';
