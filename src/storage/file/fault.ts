/** System errors become storage errors with a code that says what the user can do, and the path they are about. */
import { codeOf, type DstError, messageOf } from '../../base/errors.ts';
import { type StorageErrorCode, storageError } from '../errors.ts';

const codes: Readonly<Record<string, StorageErrorCode>> = {
  ENOSPC: 'STORAGE_NO_SPACE',
  EDQUOT: 'STORAGE_NO_SPACE',
  EFBIG: 'STORAGE_NO_SPACE',
  EACCES: 'STORAGE_ACCESS_DENIED',
  EPERM: 'STORAGE_ACCESS_DENIED',
  EROFS: 'STORAGE_READ_ONLY',
  EMFILE: 'STORAGE_TOO_MANY_FILES',
  ENFILE: 'STORAGE_TOO_MANY_FILES',
  ENAMETOOLONG: 'STORAGE_NAME_TOO_LONG',
  ENOTDIR: 'STORAGE_PATH_BLOCKED',
  EISDIR: 'STORAGE_PATH_BLOCKED',
  EEXIST: 'STORAGE_PATH_BLOCKED',
  ENXIO: 'STORAGE_PATH_BLOCKED',
  ESPIPE: 'STORAGE_PATH_BLOCKED',
  ELOOP: 'STORAGE_SYMLINK',
  ENODEV: 'STORAGE_MISSING',
  ESTALE: 'STORAGE_MISSING',
  ENOTCONN: 'STORAGE_MISSING',
  EHOSTDOWN: 'STORAGE_MISSING',
};

/** The storage error for whatever a file operation threw; one that already is a storage error stays as it is. */
export function storageFault(error: unknown, action: 'read' | 'write', path: string): DstError {
  const systemCode = codeOf(error);
  if (systemCode?.startsWith('STORAGE_') === true) return error as DstError;
  const code = codes[systemCode ?? ''] ?? (action === 'read' ? 'STORAGE_READ_FAILED' : 'STORAGE_WRITE_FAILED');
  const reason = systemCode ?? messageOf(error);
  return storageError(code, `cannot ${action} ${path}: ${wordsOf(error, reason)}`, { details: { path, reason } });
}

/** Node's words for an error of the system, with its code; `reason` for others. */
function wordsOf(error: unknown, reason: string): string {
  const [, words] = /^E[A-Z0-9]+: ([^,]+)/.exec(messageOf(error)) ?? [];
  return words === undefined ? reason : `${words} (${reason})`;
}
