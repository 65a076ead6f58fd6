/** From what names a new torrent (bytes, magnet link, info hash) to what is kept of it. */
import type { PeerAddress } from '../../../base/address.ts';
import { toHex } from '../../../base/bytes.ts';
import type { FileIndex } from '../../../base/units.ts';
import { type InfoHashes, type Metainfo, safeName } from '../../../codec/metainfo/index.ts';
import { isSealed, type OpenedSealedTorrent } from '../../sealed-torrent/index.ts';
import { decodeMagnet, decodeTorrent } from '../../torrent-file/index.ts';
import type { NewTorrentSource } from '../torrents.ts';
import type { KeptMetainfo } from './metainfo-folder.ts';

export interface OpenedSource {
  readonly infoHashes: InfoHashes;
  /** Null for a magnet link. */
  readonly metainfo: Metainfo | null;
  /** What is written to the folder of torrent files; null for a magnet link. */
  readonly kept: KeptMetainfo | null;
  readonly name: string;
  readonly trackers: readonly (readonly string[])[];
  readonly peers: readonly PeerAddress[];
  readonly select: readonly FileIndex[] | null;
}

/** Opens a `.dst` with the client's keys. Rejects SEALED_*. */
export type SealOpener = (file: Uint8Array) => Promise<Pick<OpenedSealedTorrent, 'metainfo' | 'content'>>;

/** Rejects METAINFO_*, BENCODE_*, MAGNET_*, SEALED_*. */
export async function openSource(source: NewTorrentSource, openSealed: SealOpener): Promise<OpenedSource> {
  if (typeof source === 'string') return fromLink(source.trim());
  if (!(source instanceof Uint8Array)) return fromMetainfo(source.metainfo, { kind: 'sealed', bytes: source.content });
  if (!isSealed(source)) return fromMetainfo(decodeTorrent(source), { kind: 'torrent', bytes: source });
  const { metainfo, content } = await openSealed(source);
  return fromMetainfo(metainfo, { kind: 'sealed', bytes: content });
}

const fromMetainfo = (metainfo: Metainfo, kept: KeptMetainfo): OpenedSource => ({
  infoHashes: metainfo.infoHashes,
  metainfo,
  kept,
  name: metainfo.info.name,
  trackers: metainfo.trackers,
  peers: [],
  select: null,
});

function fromLink(text: string): OpenedSource {
  const { infoHashes, name, trackers, peers, select } = decodeMagnet(linkOf(text));
  const tiers = trackers.map((url) => [url]);
  const hash = (infoHashes.v1 ?? infoHashes.v2) as Uint8Array;
  const shown = safeName(name ?? '', toHex(hash));
  return { infoHashes, metainfo: null, kept: null, name: shown, trackers: tiers, peers, select };
}

/** A bare info hash, v1 in hexadecimal or base32 or v2 in hexadecimal, as a link. */
function linkOf(text: string): string {
  if (/^(?:[0-9a-f]{40}|[a-z2-7]{32})$/i.test(text)) return `magnet:?xt=urn:btih:${text}`;
  return /^[0-9a-f]{64}$/i.test(text) ? `magnet:?xt=urn:btmh:1220${text}` : text;
}

/** 40 hexadecimal digits by which APIs name the torrent. */
export const hashOf = ({ v1, v2 }: InfoHashes): string => toHex((v1 ?? v2?.subarray(0, 20)) as Uint8Array);
