/** Noise XXhfs between peers of this program. */
export { noise } from './noise.ts';
