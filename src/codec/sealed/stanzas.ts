/** What identities of all formats do with the stanzas of a header. */
import type { ByteCount } from '../../base/units.ts';
import { fromBase64 } from './base64.ts';
import { sealedError } from './errors.ts';
import type { Stanza } from './header.ts';

/**
 * The stanzas of a type. Throws SEALED_HEADER when a body has another length than `bodyLength`: such a one could be made
 * to open with many keys, to try them all at once.
 */
export function stanzasOf(stanzas: readonly Stanza[], type: string, bodyLength: ByteCount): readonly Stanza[] {
  const found = stanzas.filter((stanza) => stanza.type === type);
  for (const { body } of found) {
    if (body.length !== bodyLength) throw sealedError('SEALED_HEADER', `the body of ${type} has a wrong length`);
  }
  return found;
}

/** The arguments as bytes. Throws SEALED_HEADER when they are not canonical base64 of just these lengths. */
export function stanzaBytes({ type, args }: Stanza, lengths: readonly ByteCount[]): readonly Uint8Array[] {
  const decoded = args.map(fromBase64);
  if (decoded.length !== lengths.length || !lengths.every((length, i) => decoded[i]?.length === length)) {
    throw sealedError('SEALED_HEADER', `the arguments of ${type} have wrong lengths`);
  }
  return decoded as Uint8Array[];
}
