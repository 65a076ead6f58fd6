/** libtorrent-rasterbar 2.0 through its Python binding: the engine of qBittorrent and Deluge. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PYTHON } from '../setup.ts';
import { LinePeer } from './line-peer.ts';

/** Hexadecimal info hashes; null where the torrent has none of that version. */
export interface InfoHashes {
  readonly v1: string | null;
  readonly v2: string | null;
}

export function libtorrent(): LinePeer {
  return new LinePeer('libtorrent', [PYTHON, join(import.meta.dirname, 'libtorrent-peer.py')]);
}

/** What libtorrent takes for the info hashes of a torrent file. Throws when libtorrent refuses the file. */
export function libtorrentReads(torrentFile: string): InfoHashes {
  return metainfo('read', torrentFile);
}

/** Lets libtorrent create a torrent file of `source`. */
export function libtorrentCreates(
  source: string,
  torrentFile: string,
  options: { pieceLength: number; format: 'v1' | 'v2' | 'hybrid'; tracker: string },
): InfoHashes {
  return metainfo('create', source, torrentFile, String(options.pieceLength), options.format, options.tracker);
}

function metainfo(...args: string[]): InfoHashes {
  const script = join(import.meta.dirname, 'libtorrent-metainfo.py');
  return JSON.parse(execFileSync(PYTHON, [script, ...args], { encoding: 'utf8' })) as InfoHashes;
}
