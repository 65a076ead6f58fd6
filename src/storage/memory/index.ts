/** Torrents in memory. */
export { MemoryDisk, memoryStorage } from './memory-storage.ts';
