/** libtorrent-rasterbar 2.0 through its Python binding: the engine of qBittorrent and Deluge. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Encryption } from '../client.ts';
import type { Counts } from '../dst-tracker.ts';
import { PYTHON } from '../setup.ts';
import { LinePeer } from './line-peer.ts';

/** Hexadecimal info hashes; null where the torrent has none of that version. */
export interface InfoHashes {
  readonly v1: string | null;
  readonly v2: string | null;
}

export function libtorrent(encryption?: Encryption): LinePeer {
  const script = join(import.meta.dirname, 'libtorrent-peer.py');
  return new LinePeer('libtorrent', [PYTHON, script, encryption ?? 'allowed']);
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

/** Bencoding as libtorrent reads it; byte strings become text of one character per byte. Throws when it is malformed. */
export function libtorrentDecodes(bencoding: Uint8Array): unknown {
  return JSON.parse(python('libtorrent-tracker.py', ['decode'], bencoding));
}

/** What libtorrent is told when it scrapes a tracker, given by its announce URL. Throws when there is no answer. */
export function libtorrentScrapes(tracker: string, infoHash: string): Counts {
  return JSON.parse(python('libtorrent-tracker.py', ['scrape', tracker, infoHash])) as Counts;
}

function metainfo(...args: string[]): InfoHashes {
  return JSON.parse(python('libtorrent-metainfo.py', args)) as InfoHashes;
}

function python(script: string, args: readonly string[], input: Uint8Array = new Uint8Array()): string {
  return execFileSync(PYTHON, [join(import.meta.dirname, script), ...args], { encoding: 'utf8', input });
}
