/** A test torrent with its content on disk. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestTorrent, testTorrent, type TestTorrentOptions } from '../sim/test-torrent.ts';

export interface DiskTorrent extends TestTorrent {
  /** The torrent file. */
  readonly file: string;
  /** The folder in which the content lies, as it was saved. */
  readonly folder: string;
  /** Hex of the v1 info hash, else of the v2 one. */
  readonly infoHash: string;
}

/** Writes `NAME.torrent` and the content below `folder`. */
export async function diskTorrent(folder: string, options: TestTorrentOptions = {}): Promise<DiskTorrent> {
  const torrent = testTorrent(options);
  const { info, infoHashes } = torrent.metainfo;
  for (const entry of info.files) {
    if (entry.isPad) continue;
    const path = join(folder, ...entry.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, torrent.data.subarray(entry.offset, entry.offset + entry.length));
  }
  const file = join(folder, `${info.name}.torrent`);
  await writeFile(file, torrent.bytes);
  const infoHash = Buffer.from(infoHashes.v1 ?? infoHashes.v2 ?? []).toString('hex');
  return { ...torrent, file, folder, infoHash };
}

/** What is to be downloaded: a show of two files, and a film of one. */
export async function showAndFilm(folder: string): Promise<{ readonly show: DiskTorrent; readonly film: DiskTorrent }> {
  const show = await diskTorrent(folder, { files: [300_000, 200_000], pieceLength: 16_384, seed: 1 });
  const film = await diskTorrent(folder, { files: [100_000], pieceLength: 16_384, seed: 2 });
  return { show, film };
}
