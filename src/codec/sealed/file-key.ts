/** The file key in a header: wrapped for the recipients of a new file, unwrapped by the identities of who reads it. */
import { utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { hkdf } from '../../crypto/hkdf.ts';
import { type Primitives, wipe } from '../../crypto/primitives.ts';
import { sealedError } from './errors.ts';
import { encodeStanzas, finishHeader, type HeaderVersion, MOST_STANZAS, type SealedHeader } from './header.ts';
import type { Identity, Recipient } from './recipient.ts';

/** The header of a new file. Rejects SEALED_RECIPIENT. */
export async function wrapFileKey(
  primitives: Primitives,
  version: HeaderVersion,
  fileKey: Uint8Array,
  recipients: readonly Recipient[],
): Promise<Uint8Array> {
  checkRecipients(recipients);
  const stanzas = await Promise.all(recipients.map((recipient) => recipient.wrap(fileKey)));
  const covered = encodeStanzas(version, stanzas);
  return finishHeader(covered, headerMac(primitives, fileKey, covered));
}

/**
 * The file key, of the first identity that can open it. `passphrase`: the type of stanza that must be alone. Rejects
 * SEALED_HEADER, SEALED_COST, SEALED_PASSPHRASE, SEALED_NO_KEY and SEALED_FORGED.
 */
export async function unwrapFileKey(
  primitives: Primitives,
  { stanzas, covered, mac }: SealedHeader,
  identities: readonly Identity[],
  passphrase: string,
): Promise<Uint8Array> {
  if (stanzas.length > 1 && stanzas.some(({ type }) => type === passphrase)) {
    throw sealedError('SEALED_HEADER', 'the file has a passphrase beside other recipients');
  }
  let wrongPassphrase: unknown = null;
  for (const identity of identities) {
    const fileKey = await identity.unwrap(stanzas).catch((error: unknown) => {
      if (codeOf(error) !== 'SEALED_PASSPHRASE') throw error;
      wrongPassphrase = error; // Another one may be right.
      return null;
    });
    if (fileKey === null) continue;
    if (primitives.equal(headerMac(primitives, fileKey, covered), mac)) return fileKey;
    wipe(fileKey);
    throw sealedError('SEALED_FORGED', 'the header of the file was altered');
  }
  if (wrongPassphrase !== null) throw wrongPassphrase;
  throw sealedError('SEALED_NO_KEY', 'the file was not sealed for any of your keys', {
    details: { recipients: stanzas.map(({ type }) => type) },
  });
}

/** HMAC-SHA-256 over the header (c2sp.org/age, "Header MAC"). */
function headerMac(primitives: Primitives, fileKey: Uint8Array, covered: Uint8Array): Uint8Array {
  const key = hkdf(primitives, fileKey, new Uint8Array(0), utf8('header'));
  const mac = primitives.hmac('sha256', key, covered);
  wipe(key);
  return mac;
}

function checkRecipients(recipients: readonly Recipient[]): void {
  const families = new Set(recipients.map(({ family }) => family));
  if (recipients.length === 0) throw sealedError('SEALED_RECIPIENT', 'the file has no recipient');
  if (recipients.length > MOST_STANZAS) {
    throw sealedError('SEALED_RECIPIENT', `a file has ${MOST_STANZAS} recipients at the most`);
  }
  if (families.size > 1) {
    const found = [...families].join(' and ');
    throw sealedError('SEALED_RECIPIENT', `recipients of different strength may not be mixed: ${found}`);
  }
  if (families.has('passphrase') && recipients.length > 1) {
    throw sealedError('SEALED_RECIPIENT', 'a passphrase must be the only recipient');
  }
}
