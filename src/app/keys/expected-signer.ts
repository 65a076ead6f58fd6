/** Whose signature is wanted, and whether it is theirs. */
import { followRotations, fingerprintOf, parseFingerprint, signatureError } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { keyError } from './errors.ts';
import { listKeys } from './list-keys.ts';
import { readPublicKeys, readRotations } from './public-keys.ts';

export interface ExpectedSigner {
  /** Of the key in use today. */
  readonly fingerprint: string;
  /** Of keys that were replaced. */
  readonly former: readonly string[];
}

/**
 * `text`: a fingerprint, or a public key file or the name of one. `rotationPaths`: files with rotations that may lead on
 * from it. Rejects KEY_*, IDENTITY_*.
 */
export async function readExpectedSigner(text: string, rotationPaths: readonly string[]): Promise<ExpectedSigner> {
  const rotations = await readRotations(rotationPaths);
  const pinned = parseFingerprint(text);
  if (pinned !== null) return followed(followRotations(pinned, rotations));
  const keys = await readPublicKeys(text);
  if (keys.kind !== 'identity') throw keyError('KEY_KIND', `${text} is a key that does not sign`);
  const { fingerprint } = keys.identity;
  const before = keys.rotations.map(({ from }) => from.fingerprint);
  const path = followRotations(fingerprint, rotations);
  return followed([...before, ...path]);
}

const followed = (path: readonly string[]): ExpectedSigner => ({
  fingerprint: path.at(-1) as string,
  former: path.slice(0, -1),
});

/** `found`: fingerprint of who signed; null when nobody did. Throws SIGNATURE_MISSING and SIGNATURE_SIGNER. */
export function checkSigner({ fingerprint, former }: ExpectedSigner, found: string | null): void {
  if (found === null) throw signatureError('SIGNATURE_MISSING', 'the file is not signed');
  if (found === fingerprint) return;
  const words = former.includes(found)
    ? `the file is signed with a key that was replaced, ${found}; if it was not stolen, name that key as the signer`
    : `the file is signed by ${found}`;
  throw signatureError('SIGNATURE_SIGNER', words, { details: { found, expected: fingerprint } });
}

/** `signingKey`: as an opened `.dst` tells it. */
export const signerFingerprint = (signingKey: Uint8Array): string =>
  fingerprintOf(nodePrimitives, 'identity', signingKey);

/** The name in the key folder of a key with this fingerprint; null when it is not there. */
export async function keptName(fingerprint: string): Promise<string | null> {
  return (await keptNames()).get(fingerprint) ?? null;
}

/** Fingerprint → name in the key folder, of all identities there. Rejects KEY_UNREADABLE. */
export async function keptNames(): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { key, identity } of await listKeys()) {
    if (identity !== null && !names.has(identity.fingerprint)) names.set(identity.fingerprint, key);
  }
  return names;
}
