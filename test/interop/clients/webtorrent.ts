/** webtorrent 3, over TCP or over WebRTC. */
import { fileURLToPath } from 'node:url';
import { LinePeer } from './line-peer.ts';

export function webtorrent(): LinePeer {
  const script = fileURLToPath(import.meta.resolve('./webtorrent-peer.ts'));
  return new LinePeer('webtorrent', [process.execPath, script]);
}

/** Finds peers through WebSocket trackers, as in a browser. */
export function webtorrentOverWebrtc(): LinePeer {
  const script = fileURLToPath(import.meta.resolve('./webtorrent-peer.ts'));
  return new LinePeer('webtorrent over WebRTC', [process.execPath, script, '--webrtc']);
}
