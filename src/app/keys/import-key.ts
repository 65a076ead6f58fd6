/** Brings in keys of this program and of others. */
import { stat } from 'node:fs/promises';
import { toText, utf8 } from '../../base/bytes.ts';
import { type AgeSecretKey, decodeAgeIdentityFile } from '../../codec/age/index.ts';
import { followRotations } from '../../codec/identity/index.ts';
import { wipe } from '../../crypto/primitives.ts';
import { isDst } from '../../codec/dst/index.ts';
import { keyError } from './errors.ts';
import { keyPath } from './key-folder.ts';
import { type BroughtSecrets, makeIdentity } from './make-identity.ts';
import { decodeSecretPem, type PemKey } from './pem.ts';
import { encodePublicFile, readPublicKeys } from './public-keys.ts';
import { readKeyFile } from './read-key-file.ts';
import { writeKeyFile } from './save-identity.ts';
import { unlockBytes } from './unlock-identity.ts';
import type { UnlockedIdentity } from './unlocked-identity.ts';

/** What a file has in it. */
export type KeyContent = 'public' | 'private';

/** What a file is, or what there is of that name in the key folder: the public key rather than the private one. Rejects KEY_*. */
export async function locateKey(text: string): Promise<{ readonly path: string; readonly content: KeyContent }> {
  const path = keyPath(text, 'pub');
  if (path !== text) {
    const isPublic = (await stat(path).catch(() => null)) !== null;
    return isPublic ? { path, content: 'public' } : { path: keyPath(text, 'key'), content: 'private' };
  }
  return { path, content: await contentOf(path) };
}

async function contentOf(path: string): Promise<KeyContent> {
  const { bytes } = await readKeyFile(path);
  const isPrivate = isDst(bytes) || /^(?:-----BEGIN [A-Z ]*PRIVATE|AGE-SECRET-KEY-)/m.test(toText(bytes));
  wipe(bytes);
  return isPrivate ? 'private' : 'public';
}

/**
 * An identity of the private keys in these files: one of this program as it is; or keys of PEM and age, with new ones for
 * what they lack. `passphrase` is asked for each file that is protected. Rejects KEY_*, IDENTITY_*, SEALED_*.
 */
export async function importPrivate(
  paths: readonly string[],
  name: string | null,
  passphrase: (path: string) => Promise<string>,
): Promise<UnlockedIdentity> {
  const brought: BroughtSecrets[] = [];
  for (const path of paths) {
    const file = await readKeyFile(path);
    const text = toText(file.bytes);
    const isOwn = isDst(file.bytes) || /^-----BEGIN DST /m.test(text);
    if (isOwn) {
      if (paths.length > 1) throw keyError('KEY_KIND', `${path} is a whole identity; it is imported alone`);
      return await unlockBytes(path, file, () => passphrase(path));
    }
    wipe(file.bytes);
    brought.push(
      ...(/^AGE-SECRET-KEY-/m.test(text)
        ? decodeAgeIdentityFile(text).map(ofAge)
        : (await decodeSecretPem(path, text, () => passphrase(path))).map(ofPem)),
    );
  }
  const parts = brought.flatMap((part) => Object.keys(part));
  const twice = parts.find((part, at) => parts.indexOf(part) !== at);
  if (twice !== undefined)
    throw keyError('KEY_KIND', `an identity has one key of each kind, and ${twice} is there twice`);
  const secrets = Object.assign({}, ...brought) as BroughtSecrets;
  const identity = await makeIdentity({ name, withRsa: false, secrets });
  const { mlDsa, ed25519 } = secrets; // Copied into the one signing seed; the others are taken over.
  for (const seed of [mlDsa, ed25519]) if (seed !== undefined) wipe(seed);
  return identity;
}

const ofAge = ({ kind, secret }: AgeSecretKey): BroughtSecrets =>
  kind === 'hybrid' ? { encryption: secret } : { age: secret };

function ofPem({ type, bytes }: PemKey): BroughtSecrets {
  switch (type) {
    case 'ml-dsa-65':
      return { mlDsa: bytes };
    case 'ed25519':
      return { ed25519: bytes };
    case 'x25519':
      return { age: bytes };
    case 'ml-kem-768':
      return { kem: bytes };
    case 'rsa':
      return { rsa: bytes };
  }
}

export interface ImportedPublic {
  readonly fingerprint: string;
  readonly name: string | null;
  /** The fingerprint that was kept until now, where the owner has changed keys since. */
  readonly before: string | null;
}

/**
 * Keeps a public identity at `target`. One that is there already is replaced when the owner says so: by rotations that
 * lead from it to the new one, or by a later document of the same signing key. Rejects KEY_*, IDENTITY_*.
 */
export async function importPublic(path: string, target: string, mayReplace: boolean): Promise<ImportedPublic> {
  const keys = await identityAt(path);
  const isThere = (await stat(target).catch(() => null)) !== null;
  const kept = isThere && !mayReplace ? (await identityAt(target)).identity : null;
  const { identity, rotations } = keys;
  const { fingerprint, name } = identity;
  if (kept !== null) {
    const isLater = kept.fingerprint === fingerprint && kept.created <= identity.created;
    const isHeir =
      kept.fingerprint !== fingerprint && followRotations(kept.fingerprint, rotations).at(-1) === fingerprint;
    if (!isLater && !isHeir) {
      throw keyError(
        'KEY_EXISTS',
        `${target} has another key, or a later one, and no rotation leads from it to ${path}`,
        {
          details: { kept: kept.fingerprint, found: fingerprint },
        },
      );
    }
  }
  await writeKeyFile(target, utf8(encodePublicFile(identity, rotations)), { mayReplace: mayReplace || kept !== null });
  return { fingerprint, name, before: kept === null || kept.fingerprint === fingerprint ? null : kept.fingerprint };
}

async function identityAt(
  path: string,
): Promise<Extract<Awaited<ReturnType<typeof readPublicKeys>>, { kind: 'identity' }>> {
  const keys = await readPublicKeys(path);
  if (keys.kind === 'identity') return keys;
  throw keyError('KEY_KIND', `${path} is not an identity of this program; use it where it is`);
}
