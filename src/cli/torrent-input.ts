/** Torrents that commands read: torrent files, and sealed ones, which take a key to open. */
import type { Command } from 'commander';
import { askedPassphrase, checkSigner, readExpectedSigner, signerFingerprint } from '../app/keys/index.ts';
import { isSealed, openSealedTorrent } from '../app/sealed-torrent/index.ts';
import { decodeTorrent } from '../app/torrent-file/index.ts';
import type { Metainfo } from '../codec/metainfo/index.ts';
import { type CommandContext, values } from './command.ts';
import { cliError } from './errors.ts';
import { readInput } from './files.ts';
import { askAgain, keyRing } from './own-keys.ts';
import { askPassphrase } from './ui/ask-passphrase.ts';

export interface OpenFlags {
  readonly identity?: string[];
  readonly passphraseFile?: string;
  readonly keyPassphraseFile?: string;
  readonly signer?: string;
}

export function addOpenFlags(command: Command): void {
  command
    .option(
      '--identity <key>',
      'private key that may open a sealed torrent; may be repeated (default: all in the key folder)',
      values(String),
    )
    .option('--passphrase-file <file>', 'file with the passphrase of a sealed torrent')
    .option('--key-passphrase-file <file>', 'file with the passphrase of the private key')
    .option('--signer <key>', 'who must have signed a sealed torrent: a public key file, a name, or a fingerprint');
}

export interface ReadTorrent {
  readonly metainfo: Metainfo;
  /** Fingerprint of who signed a sealed torrent; null when it is not signed, or no sealed one. */
  readonly signer: string | null;
}

/** The bytes of a torrent that is not sealed. Rejects TORRENT_SEALED. */
export async function readUnsealed(target: string): Promise<Uint8Array> {
  const bytes = await readInput(target);
  if (isSealed(bytes)) throw cliError('TORRENT_SEALED', `${target} is a sealed torrent`);
  return bytes;
}

export interface OpenedTorrent extends ReadTorrent {
  /** What was sealed: enough to open the torrent again without a key. A secret. */
  readonly content: Uint8Array;
}

/** A torrent file or a `.dst`, `-` for standard input. */
export async function readTorrent(context: CommandContext, target: string, flags: OpenFlags): Promise<ReadTorrent> {
  const bytes = await readInput(target);
  if (!isSealed(bytes)) return { metainfo: decodeTorrent(bytes), signer: null };
  const { content, ...read } = await openTorrent(context, target, bytes, flags);
  content.fill(0);
  return read;
}

/** A `.dst` that was read. */
export async function openTorrent(
  context: CommandContext,
  target: string,
  bytes: Uint8Array,
  flags: OpenFlags,
): Promise<OpenedTorrent> {
  const expected = flags.signer === undefined ? null : await readExpectedSigner(flags.signer, []);
  using ring = await keyRing(context, flags.identity, flags.keyPassphraseFile);
  const { passphraseFile: file } = flags;
  const asked = askedPassphrase(
    () => askPassphrase({ purpose: target, isNew: false, file }),
    askAgain(context, target, file),
  );
  const { metainfo, content, signer } = await openSealedTorrent(bytes, [asked, ring.identity('dst')]);
  const fingerprint = signer === null ? null : signerFingerprint(signer);
  if (expected !== null) checkSigner(expected, fingerprint);
  return { metainfo, content, signer: fingerprint };
}
