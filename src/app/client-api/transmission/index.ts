/** Door of Transmission's RPC. */
export { transmissionRpc } from './mount.ts';
