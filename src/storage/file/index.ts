/** Torrents on real files: disk workers, resume journals. */
export { fileStorage, type FileStorageDeps, type FileStorageFactory, type FileStorageOptions } from './file-storage-factory.ts';
