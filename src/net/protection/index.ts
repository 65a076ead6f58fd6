/** Door of what protects connections. Each protection has a door of its own. */
export { protect } from './protect.ts';
export type { EncryptionPolicy, Protection } from './protection.ts';
export { RelayConnection } from './relay-connection.ts';
export { threadTime } from './thread-time.ts';
export { CIPHER_BUFFER, returnBuffer, takeBuffer } from './cipher-buffers.ts';
