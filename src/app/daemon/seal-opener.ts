/** Opens sealed torrents with the private keys of this user that have no passphrase: nobody is there to be asked for one. */
import { errorsOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { keyErrors, KeyRing, ownKeyPaths } from '../keys/index.ts';
import { type OpenedSealedTorrent, openSealedTorrent } from '../sealed-torrent/index.ts';

const keyError = errorsOf(keyErrors);

/** Rejects SEALED_*, METAINFO_* and KEY_*; KEY_PASSPHRASE when only keys are left that have one. */
export async function openWithOwnKeys(file: Uint8Array, logger: Logger): Promise<OpenedSealedTorrent> {
  using ring = new KeyRing({
    paths: await ownKeyPaths(),
    passphrase: (path) => Promise.reject(keyError('KEY_PASSPHRASE', `${path} has a passphrase`)),
    askAgain: () => false,
    onLocked: () => {},
    onExposed: (path) => logger.warn('others can read a private key', { path }),
  });
  return await openSealedTorrent(file, [ring.identity('dst')]);
}
