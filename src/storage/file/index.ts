/** Torrents on real files: disk workers, resume journals; hashing for new torrents. */
export {
  fileStorage,
  type FileStorageFactory,
  type FileStorageOptions,
} from './file-storage-factory.ts';
export type { DiskUse } from './measured-disk.ts';
export { HashWorkers } from './hash-files.ts';
