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
    if (head.kind === 'torrent') return { metainfo: decodeTorrentContent(content, nodeDigests), signer };
  } finally {
    wipe(content);
  }
  throw sealedError('SEALED_CONTENT', `the sealed file holds no torrent but: ${head.kind}`);
}
