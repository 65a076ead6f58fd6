/** Reading torrents with the platform's hash functions. */
import { decodeMetainfo, type Metainfo } from '../../codec/metainfo/index.ts';
import { nodeDigests } from '../../crypto/digests.ts';

/** Decodes and validates a torrent file's bytes. Throws METAINFO_* and BENCODE_*. */
export const decodeTorrent = (bytes: Uint8Array): Metainfo => decodeMetainfo(bytes, nodeDigests);

/** Whether a user's text is a magnet link rather than a path. */
export const isMagnet = (text: string): boolean => /^magnet:/i.test(text);
