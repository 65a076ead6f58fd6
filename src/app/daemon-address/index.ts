/** Door of where the daemon of this user can be found. */
export { daemonSocket } from './daemon-socket.ts';
