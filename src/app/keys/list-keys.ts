/** What is in the key folder. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../base/errors.ts';
import { isDst } from '../../codec/dst/index.ts';
import { wipe } from '../../crypto/primitives.ts';
import { keyDirectory } from '../paths/index.ts';
import { keyError } from './errors.ts';
import type { PublicIdentity } from '../../codec/identity/index.ts';
import { isKeyName } from './key-folder.ts';
import { readPublicKeys } from './public-keys.ts';
import { readKeyFile } from './read-key-file.ts';

export interface ListedKey {
  /** Name in the key folder. */
  readonly key: string;
  /** Whether the private key is there. */
  readonly isOwn: boolean;
  /** Of the public key file; null where there is none, or none that can be read. */
  readonly identity: PublicIdentity | null;
}

/** The keys in the key folder by name; none when there is no folder. Rejects KEY_UNREADABLE. */
export async function listKeys(): Promise<ListedKey[]> {
  const files = new Set(await readFolder());
  const names = [...files].map((file) => /^(.+)\.(?:key|pub)$/.exec(file)?.[1] ?? '').filter(isKeyName);
  return await Promise.all(
    [...new Set(names)].sort().map(async (key) => ({
      key,
      isOwn: files.has(`${key}.key`),
      identity: files.has(`${key}.pub`) ? await identityOf(key) : null,
    })),
  );
}

/** Paths of the private keys in the key folder, those without a passphrase first. Rejects KEY_UNREADABLE. */
export async function ownKeyPaths(): Promise<string[]> {
  const files = (await readFolder()).filter((file) => file.endsWith('.key')).sort();
  const paths = files.map((file) => join(keyDirectory(), file));
  const areProtected = await Promise.all(paths.map(isProtectedFile));
  return [false, true].flatMap((isProtected) => paths.filter((_, i) => areProtected[i] === isProtected));
}

async function isProtectedFile(path: string): Promise<boolean> {
  const { bytes } = await readKeyFile(path);
  const isProtected = isDst(bytes);
  wipe(bytes);
  return isProtected;
}

async function readFolder(): Promise<string[]> {
  try {
    return await readdir(keyDirectory());
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw keyError('KEY_UNREADABLE', `the key folder could not be read: ${messageOf(cause)}`, { cause });
  }
}

async function identityOf(key: string): Promise<ListedKey['identity']> {
  const keys = await readPublicKeys(key).catch(() => null);
  return keys?.kind === 'identity' ? keys.identity : null;
}
