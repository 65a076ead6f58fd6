/** Opens private key files: a `.dst` under a passphrase, or a text block that is not protected. */
import { codeOf } from '../../base/errors.ts';
import { isDst, openDst } from '../../codec/dst/index.ts';
import { decodePrivateIdentity, decodeTextBlocks } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { wipe } from '../../crypto/primitives.ts';
import { keyError } from './errors.ts';
import { keyPath } from './key-folder.ts';
import { askedPassphrase } from './passphrase.ts';
import { type KeyFileBytes, readKeyFile } from './read-key-file.ts';
import { UnlockedIdentity } from './unlocked-identity.ts';

/**
 * Opens the private key file at `path`, or of that name in the key folder; `passphrase` is asked for only when it is
 * protected. Rejects KEY_*, IDENTITY_* and SEALED_*.
 */
export async function unlockIdentity(path: string, passphrase: () => Promise<string>): Promise<UnlockedIdentity> {
  const file = keyPath(path, 'key');
  return await unlockBytes(file, await readKeyFile(file), passphrase);
}

/** As `unlockIdentity`, of a file that was read; wipes it. `path` is for the words of an error. */
export async function unlockBytes(
  path: string,
  { bytes, isExposed }: KeyFileBytes,
  passphrase: () => Promise<string>,
): Promise<UnlockedIdentity> {
  let document = bytes;
  try {
    document = isDst(bytes) ? await openProtected(path, bytes, passphrase) : privateBlock(path, bytes);
    return new UnlockedIdentity(decodePrivateIdentity(nodePrimitives, document), isExposed);
  } finally {
    wipe(document, bytes);
  }
}

async function openProtected(path: string, bytes: Uint8Array, passphrase: () => Promise<string>): Promise<Uint8Array> {
  try {
    const { head, content } = await openDst(nodePrimitives, bytes, [askedPassphrase(passphrase)]);
    if (head.kind === 'identity') return content;
    wipe(content);
  } catch (error) {
    if (codeOf(error) !== 'SEALED_PASSPHRASE') throw error;
    throw keyError('KEY_PASSPHRASE', `the passphrase does not open ${path}`);
  }
  throw keyError('KEY_KIND', `${path} is a sealed file, but no key`);
}

function privateBlock(path: string, bytes: Uint8Array): Uint8Array {
  const [block, ...more] = decodeTextBlocks(bytes);
  if (block?.label === 'DST PRIVATE IDENTITY' && more.length === 0) return block.bytes;
  throw keyError('KEY_KIND', `${path} is not a private key of this program`);
}
