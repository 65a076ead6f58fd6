/** What a torrent is, before anything is known of its data, and what the info dictionary adds to it (BEP 9). */
import { equalBytes } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import { bareMetainfo, decodeInfo, type InfoHashes, type Metainfo } from '../../codec/metainfo/index.ts';
import { engineError } from '../errors.ts';

export interface TorrentIdentity {
  readonly infoHashes: InfoHashes;
  /** Null for a magnet link. */
  readonly metainfo: Metainfo | null;
  readonly name: string;
  readonly trackers: readonly (readonly string[])[];
}

/** True when one of the info hashes is that of the bytes. */
export function isNamedBy({ v1, v2 }: InfoHashes, raw: Uint8Array, digests: Digests): boolean {
  return (v1 !== null && equalBytes(digests.sha1(raw), v1)) || (v2 !== null && equalBytes(digests.sha256(raw), v2));
}

/**
 * The same torrent after its info dictionary has come. Throws METAINFO_* or BENCODE_* when that is no valid one, and
 * ENGINE_HYBRID_MISMATCH when it fits only one of the two hashes that a magnet link gave.
 */
export function withMetadata(
  identity: TorrentIdentity,
  raw: Uint8Array,
  digests: Digests,
): TorrentIdentity & { readonly metainfo: Metainfo } {
  const { v1, v2 } = identity.infoHashes;
  const decoded = decodeInfo(raw, digests);
  const { info, infoHashes } = decoded;
  if (!isSame(infoHashes.v1, v1) || !isSame(infoHashes.v2, v2)) {
    throw engineError('ENGINE_HYBRID_MISMATCH', 'the metadata fits one of the two info hashes only');
  }
  const metainfo = bareMetainfo(decoded, identity.trackers);
  return { infoHashes, metainfo, name: info.name, trackers: identity.trackers };
}

/** A name that a magnet link does not give may be anything. */
const isSame = (found: Uint8Array | null, named: Uint8Array | null): boolean =>
  named === null || (found !== null && equalBytes(found, named));
