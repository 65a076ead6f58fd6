/** Public keys of others: identities with the rotations that led to them, keys of age, RSA keys of other programs. */
import { toText } from '../../base/bytes.ts';
import { type AgePublicKey, decodeAgePublicKey, decodeAgeRecipientsFile } from '../../codec/age/index.ts';
import {
  decodeIdentity,
  decodeRotation,
  decodeTextBlocks,
  encodeTextBlock,
  fingerprintOf,
  followRotations,
  type PublicIdentity,
  type Rotation,
  type TextBlock,
} from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { isDst } from '../../codec/dst/index.ts';
import { keyError } from './errors.ts';
import { keyPath, publicPathOf } from './key-folder.ts';
import { rsaPublicKeyOfPem } from './pem.ts';
import { readKeyFile } from './read-key-file.ts';

export interface PublicFile {
  readonly identity: PublicIdentity;
  /** Oldest first; the last one leads to the identity. */
  readonly rotations: readonly Rotation[];
}

/** What a public key file holds. */
export type PublicKeys =
  | ({ readonly kind: 'identity' } & PublicFile)
  | { readonly kind: 'age'; readonly keys: readonly AgePublicKey[] }
  | { readonly kind: 'rsa'; readonly spki: Uint8Array };

/** Reads a public key file, a key in the key folder, or the text of a key of age. Rejects KEY_*, IDENTITY_*, SEALED_KEY_TEXT. */
export async function readPublicKeys(text: string): Promise<PublicKeys> {
  if (/^age1/i.test(text)) return { kind: 'age', keys: [decodeAgePublicKey(text)] };
  const path = keyPath(text, 'pub');
  const { bytes } = await readKeyFile(path);
  if (isDst(bytes)) throw isPrivate(path);
  const start = toText(bytes.subarray(0, 1024)).trimStart();
  if (/^-----BEGIN (RSA )?PUBLIC KEY-----/.test(start)) return { kind: 'rsa', spki: rsaPublicKeyOfPem(path, bytes) };
  if (/^(#|age1)/i.test(start)) return { kind: 'age', keys: decodeAgeRecipientsFile(toText(bytes)) };
  if (/^(-----BEGIN (DST |[A-Z ]*)PRIVATE|AGE-SECRET-KEY-)/i.test(start)) throw isPrivate(path);
  return { kind: 'identity', ...decodePublicFile(path, decodeTextBlocks(bytes)) };
}

function decodePublicFile(path: string, blocks: readonly TextBlock[]): PublicFile {
  const [first, ...more] = blocks;
  if (first?.label !== 'DST IDENTITY' || more.some(({ label }) => label !== 'DST ROTATION')) {
    throw keyError('KEY_KIND', `${path} is not a public key`);
  }
  const identity = decodeIdentity(nodePrimitives, first.bytes);
  const rotations = more.map(({ bytes }) => decodeRotation(nodePrimitives, bytes));
  const oldest = rotations[0]?.from.fingerprint ?? identity.fingerprint;
  const found = followRotations(oldest, rotations);
  if (found.at(-1) !== identity.fingerprint || found.length !== rotations.length + 1) {
    throw keyError('KEY_ROTATIONS', `the rotations in ${path} do not lead to its key`);
  }
  return { identity, rotations };
}

/** The text of a public key file. */
export const encodePublicFile = (identity: PublicIdentity, rotations: readonly Rotation[]): string =>
  [
    encodeTextBlock('DST IDENTITY', identity.encoded),
    ...rotations.map(({ encoded }) => encodeTextBlock('DST ROTATION', encoded)),
  ].join('');

/** All rotations in files that hold nothing else, or in public key files. */
export async function readRotations(paths: readonly string[]): Promise<Rotation[]> {
  const rotations: Rotation[] = [];
  for (const text of paths) {
    const path = keyPath(text, 'pub');
    const { bytes } = await readKeyFile(path);
    for (const block of decodeTextBlocks(bytes)) {
      if (block.label === 'DST ROTATION') rotations.push(decodeRotation(nodePrimitives, block.bytes));
    }
  }
  return rotations;
}

export const ageFingerprint = ({ kind, publicKey }: AgePublicKey): string =>
  fingerprintOf(nodePrimitives, kind === 'x25519' ? 'x25519' : 'mlkem768x25519', publicKey);

export const rsaFingerprint = (spki: Uint8Array): string => fingerprintOf(nodePrimitives, 'rsa4096', spki);

const isPrivate = (path: string): Error =>
  keyError('KEY_KIND', `${path} is a private key, where the public one (${publicPathOf(path)}) is wanted`);
