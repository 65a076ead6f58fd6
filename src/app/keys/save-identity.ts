/** Key files at rest: a private one under a passphrase, readable by its owner alone, and the public one beside it. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { utf8 } from '../../base/bytes.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { passphraseRecipient, sealDst } from '../../codec/dst/index.ts';
import { encodeTextBlock, type Rotation } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { wipe } from '../../crypto/primitives.ts';
import { makeFolder } from '../../storage/index.ts';
import { OutputFile } from '../output-file/index.ts';
import { keyDirectory } from '../paths/index.ts';
import { keyError } from './errors.ts';
import { publicPathOf } from './key-folder.ts';
import { encodePublicFile } from './public-keys.ts';
import type { UnlockedIdentity } from './unlocked-identity.ts';

const PRIVATE = 0o600;

export interface SaveOptions {
  /** Null: the file is not protected. */
  readonly passphrase: string | null;
  readonly mayReplace: boolean;
}

/** Writes the private key file. Rejects KEY_EXISTS and KEY_UNWRITABLE. */
export async function savePrivateKey(path: string, identity: UnlockedIdentity, options: SaveOptions): Promise<void> {
  const document = identity.encode();
  const { passphrase, mayReplace } = options;
  let bytes = document;
  try {
    bytes =
      passphrase === null
        ? utf8(encodeTextBlock('DST PRIVATE IDENTITY', document))
        : await sealed(document, passphrase);
    await writeKeyFile(path, bytes, { mayReplace, mode: PRIVATE });
  } finally {
    wipe(document, bytes);
  }
}

/** Both files. The path of the public one. Rejects KEY_EXISTS and KEY_UNWRITABLE. */
export async function saveIdentity(
  path: string,
  identity: UnlockedIdentity,
  options: SaveOptions & { readonly rotations?: readonly Rotation[] },
): Promise<string> {
  const publicPath = publicPathOf(path);
  await checkKeyPath(path, options.mayReplace);
  await savePrivateKey(path, identity, options);
  const text = encodePublicFile(identity.publicIdentity, options.rotations ?? []);
  await writeKeyFile(publicPath, utf8(text), { mayReplace: options.mayReplace });
  return publicPath;
}

/** Refuses early what `saveIdentity` would refuse, before a passphrase is asked for. Rejects KEY_EXISTS. */
export async function checkKeyPath(path: string, mayReplace: boolean): Promise<void> {
  for (const place of [path, publicPathOf(path)]) {
    if (!mayReplace && (await stat(place).catch(() => null)) !== null) throw exists(place);
  }
}

/** Rejects KEY_EXISTS and KEY_UNWRITABLE. */
export async function writeKeyFile(
  path: string,
  bytes: Uint8Array,
  { mayReplace, mode }: { readonly mayReplace: boolean; readonly mode?: number },
): Promise<void> {
  try {
    if (dirname(path) === keyDirectory()) makeFolder(keyDirectory(), 0o700);
    await using file = await OutputFile.create(path, { mayReplace, ...(mode !== undefined && { mode }) });
    await file.write(bytes);
    await file.commit();
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw exists(path);
    throw keyError('KEY_UNWRITABLE', `${path} could not be written: ${messageOf(cause)}`, { cause, details: { path } });
  }
}

const exists = (path: string): Error => keyError('KEY_EXISTS', `${path} exists already`, { details: { path } });

/** No name and no date: those are in the document. */
const sealed = (document: Uint8Array, passphrase: string): Promise<Uint8Array> =>
  sealDst(
    nodePrimitives,
    systemRandom,
    {
      kind: 'identity',
      created: null,
      name: null,
      recipients: [passphraseRecipient(nodePrimitives, systemRandom, passphrase)],
      signer: null,
    },
    document,
  );
