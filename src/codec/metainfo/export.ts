/**
 * A torrent that is known, in the forms in which others get it: a torrent file, a magnet link. Of a sealed torrent they
 * tell what the swarm knows, its carrier: they are for those who do not have the `.dst`.
 */
import { fromHex } from '../../base/bytes.ts';
import { Encoded, encode } from '../bencode/index.ts';
import { sourceKeys } from './creation.ts';
import type { Magnet } from './magnet.ts';
import type { Metainfo } from './metainfo.ts';

/** What a torrent's link says; write it with `encodeMagnet`. */
export function magnetOf(metainfo: Pick<Metainfo, 'info' | 'infoHashes' | 'trackers' | 'webSeeds'>): Magnet {
  const { info, infoHashes } = metainfo;
  const parts = { infoHashes, peers: [], select: null };
  if (info.seal !== null) {
    const { originalPath, length } = info.seal.carrier;
    return { ...parts, name: originalPath[0] as string, trackers: [], webSeeds: [], length };
  }
  const trackers = metainfo.trackers.flat();
  return { ...parts, name: info.originalName, trackers, webSeeds: metainfo.webSeeds, length: info.totalSize };
}

/** The bytes of a torrent file, with the info dictionary exactly as it came; piece layers are those that are known. */
export function encodeMetainfo(metainfo: Metainfo): Uint8Array {
  const { info, pieceLayers, comment, createdBy, creationDate, httpSeeds } = metainfo;
  const layers = Array.from(pieceLayers, ([root, layer]) => [fromHex(root) as Uint8Array, layer] as const);
  return encode({
    ...(info.seal === null && {
      ...sourceKeys(metainfo),
      httpseeds: httpSeeds.length > 0 ? httpSeeds : undefined,
      comment: comment ?? undefined,
      'created by': createdBy ?? undefined,
      'creation date': creationDate ?? undefined,
    }),
    info: new Encoded(info.raw),
    'piece layers': info.hasV2 ? new Map(layers) : undefined,
  });
}
