/** Makes a sealed torrent: hashes the content as the swarm will see it, and seals what opens it for its recipients. */
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import {
  carrierNameOf,
  decodeTorrentContent,
  encodeTorrentContent,
  paddedLength,
  sealDst,
  type Signer,
} from '../../codec/dst/index.ts';
import { editMetainfo, type Metainfo, type TransportPolicy } from '../../codec/metainfo/index.ts';
import type { Recipient } from '../../codec/sealed/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { wipe } from '../../crypto/primitives.ts';
import { createTorrent, type CreateOptions, type SkippedFile } from '../torrent-creation/index.ts';

/** The format is `hybrid` by default: every client can help to share it, newer ones verify it by SHA-256. */
export interface SealedTorrentOptions extends Omit<CreateOptions, 'seal'> {
  /** At least one; a passphrase is alone. */
  readonly recipients: readonly Recipient[];
  /** Default: not signed. */
  readonly signer?: Signer | null;
  /** Default `prefer`. */
  readonly transport?: TransportPolicy;
}

export interface CreatedSealedTorrent {
  /** The `.dst`. */
  readonly bytes: Uint8Array;
  /** A torrent of the carrier, without trackers: for those who help to share what they cannot read. */
  readonly carrier: Uint8Array;
  /** As its recipients see it. */
  readonly metainfo: Metainfo;
  readonly skipped: readonly SkippedFile[];
}

/** Rejects CREATE_*, METAINFO_CREATE_* and SEALED_RECIPIENT. */
export async function createSealedTorrent(path: string, options: SealedTorrentOptions): Promise<CreatedSealedTorrent> {
  const contentKey = systemRandom.bytes(32);
  try {
    return await sealedWith(contentKey, path, options);
  } finally {
    wipe(contentKey);
  }
}

async function sealedWith(
  contentKey: Uint8Array,
  path: string,
  options: SealedTorrentOptions,
): Promise<CreatedSealedTorrent> {
  const { recipients, signer = null, transport = 'prefer', format = 'hybrid' } = options;
  const carrierName = carrierNameOf(contentKey, nodeDigests);
  const seal = { contentKey, carrierName, carrierLength: paddedLength };
  const { bytes: torrent, plan, skipped } = await createTorrent(path, { ...options, format, seal });
  const content = encodeTorrentContent({ torrent, plan, contentKey, transport });
  const created = options.creationDate === undefined ? systemClock.wall() : options.creationDate;
  const sealing = { kind: 'torrent', name: null, created, recipients, signer } as const;
  try {
    return {
      bytes: await sealDst(nodePrimitives, systemRandom, sealing, content),
      carrier: editMetainfo(torrent, bare).bytes,
      metainfo: decodeTorrentContent(content, nodeDigests),
      skipped,
    };
  } finally {
    wipe(content);
  }
}

/** Nothing but the info dictionary and what verifies the pieces. */
const bare = { trackers: [], webSeeds: [], nodes: [], comment: null, createdBy: null, creationDate: null };
