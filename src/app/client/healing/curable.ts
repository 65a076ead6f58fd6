/** Failures whose cause may go by itself, or by somebody's hand elsewhere: the client looks again. */

/** What may be looked for; `unseen`: nothing, one can only try. */
export type Cause = 'space' | 'missing' | 'access' | 'unseen';

const causes: Readonly<Record<string, Cause>> = {
  STORAGE_NO_SPACE: 'space',
  STORAGE_MISSING: 'missing',
  STORAGE_READ_FAILED: 'missing',
  STORAGE_ACCESS_DENIED: 'access',
  STORAGE_READ_ONLY: 'access',
  STORAGE_TOO_MANY_FILES: 'unseen',
  STORAGE_WRITE_FAILED: 'unseen',
  STORAGE_WORKER_LOST: 'unseen',
  ENGINE_STORAGE_FAILED: 'unseen',
};

export const causeOf = (code: string): Cause | null => causes[code] ?? null;

export const healsItself = (code: string): boolean => causeOf(code) !== null;
