export { staticPeers } from './static-peers.ts';
