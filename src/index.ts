/** DST Torrent as a library. */
export { createSession } from './app/session.ts';
