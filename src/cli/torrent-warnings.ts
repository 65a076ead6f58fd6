/** What is allowed in a torrent, but its owner or reader should know. */
import { toHex } from '../base/bytes.ts';
import type { Metainfo } from '../codec/metainfo/index.ts';
import { plural } from './ui/format.ts';

export interface TorrentWarning {
  readonly code: 'NAME_CHANGED' | 'NO_TRACKER' | 'PIECE_LAYERS_MISSING';
  readonly message: string;
}

export function torrentWarnings(metainfo: Metainfo): TorrentWarning[] {
  const { info } = metainfo;
  const warnings: TorrentWarning[] = [];
  const changed = info.files.filter(
    (file) => !file.isPad && !isStoredAsWritten(file.path, file.originalPath, info.isSingleFile),
  ).length;
  if (changed > 0 || info.name !== info.originalName) {
    const what = changed === 0 ? 'the name' : changed === 1 ? 'the name of a file' : `the names of ${changed} files`;
    warnings.push({
      code: 'NAME_CHANGED',
      message: `${what} would not be safe on every system; what is shown is what is stored, but for data that is there as the torrent calls it`,
    });
  }
  if (metainfo.trackers.length === 0 && metainfo.nodes.length === 0) {
    warnings.push({
      code: 'NO_TRACKER',
      message: info.isPrivate
        ? 'a private torrent without tracker: nobody can find peers'
        : 'no tracker: peers must be given or found in other ways',
    });
  }
  const missing = countMissingLayers(metainfo);
  if (missing > 0) {
    warnings.push({
      code: 'PIECE_LAYERS_MISSING',
      message: `hashes of ${plural(missing, 'file')} are not in the torrent; they are fetched from peers`,
    });
  }
  return warnings;
}

function isStoredAsWritten(path: readonly string[], original: readonly string[], isSingleFile: boolean): boolean {
  const stored = isSingleFile ? path : path.slice(1);
  return stored.length === original.length && stored.every((element, i) => element === original[i]);
}

/** A v2 file of more than one piece needs its layer (BEP 52). */
function countMissingLayers({ info, pieceLayers }: Metainfo): number {
  if (!info.hasV2) return 0;
  const needs = info.files.filter((file) => file.piecesRoot !== null && file.length > info.pieceLength);
  return needs.filter((file) => !pieceLayers.has(toHex(file.piecesRoot as Uint8Array))).length;
}
