/** The Storage port and what its users need beside an implementation. */
export { BufferPool, type BufferPoolOptions } from './buffer-pool.ts';
export { copyBytes } from './copy-bytes.ts';
export { storageErrors } from './errors.ts';
export { makeFolder } from './make-folder.ts';
export { isStorableName, renamedFiles } from './file-paths.ts';
export type {
  CheckOptions,
  CommitResult,
  FilePaths,
  FileSelection,
  MerkleHash,
  MoveOptions,
  PieceHashes,
  PoolBuffer,
  PrepareOptions,
  ReadRun,
  ResumeState,
  Storage,
  StorageFactory,
  StorageOptions,
} from './storage.ts';
