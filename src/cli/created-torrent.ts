/** What `dst create` says about the torrent it made. */
import { encodeMagnet, magnetOf } from '../app/torrent-file/index.ts';
import type { Metainfo } from '../codec/metainfo/index.ts';
import { describeTorrent, shortHash } from './torrent-json.ts';
import { escapeText } from './ui/escape.ts';
import { formatBytes, plural } from './ui/format.ts';
import type { Output } from './ui/output.ts';

/** `target`: where the torrent was written, `-` for standard output. */
export function tellCreated(output: Output, target: string, metainfo: Metainfo): void {
  const { info } = metainfo;
  if (output.options.json) {
    output.json({ path: target, ...describeTorrent(metainfo), magnet: encodeMagnet(magnetOf(metainfo)) });
    return;
  }
  const files = info.files.filter((file) => !file.isPad).length;
  output.note(
    `${escapeText(info.name)}: ${formatBytes(info.totalSize)} in ${plural(files, 'file')}, ${plural(info.pieceCount, 'piece')} of ${formatBytes(info.pieceLength)}`,
  );
  output.note(`info hash ${shortHash(metainfo.infoHashes)}`);
  if (target !== '-') output.line(target);
}
