/** Torrents in memory. */
export { MemoryDisk, memoryStorage, type MemoryStorageDeps } from './memory-storage.ts';
