/**
 * A webtorrent client driven by JSON lines on stdin; speaks the protocol of line-peer.ts. Arguments: [--webrtc] IP PORT.
 * Its WebRTC part needs a native binary; where peers speak TCP, that part is replaced by an empty module. With --webrtc
 * it is there, and nothing outside is asked for this machine's address.
 */
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CACHE_DIR } from '../setup.ts';

interface Webtorrent {
  add(target: string, options: object): WebtorrentTorrent;
  once(event: 'listening', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}

interface WebtorrentTorrent {
  addPeer(peer: string): void;
  on(event: 'done' | 'infoHash', listener: () => void): void;
  on(event: 'warning', listener: (error: Error) => void): void;
}

const NO_WEBRTC =
  'data:text/javascript,export const RTCPeerConnection = undefined, RTCSessionDescription = undefined, RTCIceCandidate = undefined; export default {}';
const hasWebrtc = process.argv.includes('--webrtc');
if (!hasWebrtc) {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'webrtc-polyfill' ? { url: NO_WEBRTC, shortCircuit: true } : next(specifier, context),
  });
}

const port = Number(process.argv.at(-1));
const { default: WebTorrent } = (await import(join(CACHE_DIR, 'node_modules/webtorrent/index.js'))) as {
  default: new (options: object) => Webtorrent;
};
const client = new WebTorrent({
  torrentPort: port,
  dht: false,
  lsd: false,
  utp: false,
  natUpnp: false,
  natPmp: false,
  ...(hasWebrtc && { tracker: { rtcConfig: { iceServers: [] } } }),
  secure: 0, // with encryption on, webtorrent 3 never falls back to plain connections when it dials
});
client.on('error', (error) => console.error(error));
client.once('listening', () => say('listening'));

createInterface({ input: process.stdin }).on('line', (line) => {
  const { target, dir, peers } = JSON.parse(line) as { target: string; dir: string; peers: string[] };
  const torrent = client.add(target, { path: dir });
  torrent.on('done', () => say('complete'));
  torrent.on('warning', (error) => console.error(error));
  torrent.on('infoHash', () => peers.forEach((peer) => torrent.addPeer(peer)));
});

function say(event: string): void {
  console.log(JSON.stringify({ event }));
}
