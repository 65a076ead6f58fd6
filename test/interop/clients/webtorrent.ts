/** webtorrent 3, over TCP. */
import { join } from 'node:path';
import { LinePeer } from './line-peer.ts';

export function webtorrent(): LinePeer {
  return new LinePeer('webtorrent', [process.execPath, join(import.meta.dirname, 'webtorrent-peer.ts')]);
}
