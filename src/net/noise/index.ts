/** Noise XXhfs between peers of this program. */
export { noise } from './noise.ts';
export type { PeerIdentities } from './peer-identities.ts';
