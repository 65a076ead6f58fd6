import { errorsOf } from '../base/errors.ts';

export const storageErrors = {
  STORAGE_NO_SPACE: {
    category: 'storage',
    retryable: true,
    help: 'The disk or the quota is full. Free some space, or choose another folder; what has arrived is kept.',
  },
  STORAGE_MISSING: {
    category: 'storage',
    retryable: true,
    help: 'The data is not where it was: the drive is not connected, or the folder was moved or deleted. Bring it back and resume the torrent; nothing has to be fetched again then. If it is gone for good, verify the torrent (--check of the commands): what is missing is downloaded again.',
  },
  STORAGE_BAD_PATH: {
    category: 'usage',
    help: 'The file cannot be given this path: an element of it is no name that this system can hold, or another file of the torrent has it.',
  },
  STORAGE_ACCESS_DENIED: {
    category: 'storage',
    retryable: true,
    help: 'The operating system refuses access to the file or folder. Check its owner and permissions.',
  },
  STORAGE_READ_ONLY: {
    category: 'storage',
    retryable: true,
    help: 'The folder lies on a file system that is mounted read-only. Choose another folder.',
  },
  STORAGE_TOO_MANY_FILES: {
    category: 'storage',
    retryable: true,
    help: 'The process has too many open files. Raise the limit (ulimit -n) or lower the number of connections.',
  },
  STORAGE_NAME_TOO_LONG: {
    category: 'storage',
    help: 'A file name or path is longer than the file system allows. Save the torrent in a folder with a shorter path.',
  },
  STORAGE_PATH_BLOCKED: {
    category: 'storage',
    help: 'Something of another kind stands where a file or folder of the torrent must be. Move it away or choose another folder.',
  },
  STORAGE_SYMLINK: {
    category: 'security',
    help: 'A symbolic link stands in the way of a file to be written. Links are not followed, because they lead out of the folder; remove it or choose another folder.',
  },
  STORAGE_TARGET_EXISTS: {
    category: 'storage',
    help: 'A file of the same name exists where a file is to be moved or renamed to. Nothing was changed; choose another name or folder, or remove that file.',
  },
  STORAGE_READ_FAILED: {
    category: 'storage',
    help: 'A file of the torrent is missing, too short or unreadable. Verify the torrent to find and repair what is damaged.',
  },
  STORAGE_WRITE_FAILED: {
    category: 'storage',
    retryable: true,
    help: 'The operating system could not write. Look at the disk, or choose another folder: the details name the file and the system error.',
  },
  STORAGE_FILE_CHANGED: {
    category: 'storage',
    help: 'A file changed while it was being hashed. Wait until nothing writes to it and create the torrent again.',
  },
  STORAGE_SEALED_PADDING: {
    category: 'integrity',
    help: 'The author of the sealed torrent has left something else than zeros beside its files. Its readers could not share what they have, and would take each other for liars; ask the author to make it anew.',
  },
  STORAGE_WORKER_LOST: {
    category: 'internal',
    retryable: true,
    help: 'A disk worker ended unexpectedly; it is replaced. If it happens again, please report it.',
  },
  STORAGE_CLOSED: {
    category: 'internal',
    help: 'The storage was used after it had been closed. This is a defect: please report it.',
  },
} as const;

export type StorageErrorCode = keyof typeof storageErrors;

export const storageError: ReturnType<typeof errorsOf<typeof storageErrors>> = errorsOf(storageErrors);
