/** Opens a sealed torrent with the keys of one of its recipients. */
import { decodeTorrentContent, openDst } from '../../codec/dst/index.ts';
import type { Metainfo } from '../../codec/metainfo/index.ts';
import { type Identity, sealedError } from '../../codec/sealed/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { wipe } from '../../crypto/primitives.ts';

export interface OpenedSealedTorrent {
  /** With the files of the content; the swarm knows the carrier. */
  readonly metainfo: Metainfo;
  /** What was sealed: enough to open the torrent again without a key. A secret, the caller's to overwrite. */
  readonly content: Uint8Array;
  /** Public signing key of its author, 1,984 bytes; null when it is not signed. */
  readonly signer: Uint8Array | null;
}

/** Rejects SEALED_* and METAINFO_*. */
export async function openSealedTorrent(
  file: Uint8Array,
  identities: readonly Identity[],
): Promise<OpenedSealedTorrent> {
  const { head, content, signer } = await openDst(nodePrimitives, file, identities);
  try {
    if (head.kind === 'torrent') return { metainfo: decodeSealedContent(content), content, signer };
  } catch (error) {
    wipe(content);
    throw error;
  }
  wipe(content);
  throw sealedError('SEALED_CONTENT', `the sealed file holds no torrent but: ${head.kind}`);
}

/** The torrent of what was sealed. Throws SEALED_CONTENT, METAINFO_* and BENCODE_*. */
export const decodeSealedContent = (content: Uint8Array): Metainfo => decodeTorrentContent(content, nodeDigests);
