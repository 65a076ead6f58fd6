/** webtorrent 3, over TCP. */
import { fileURLToPath } from 'node:url';
import { LinePeer } from './line-peer.ts';

export function webtorrent(): LinePeer {
  const script = fileURLToPath(import.meta.resolve('./webtorrent-peer.ts'));
  return new LinePeer('webtorrent', [process.execPath, script]);
}
