/**
 * One error class for everything that a caller or user can meet. `code` is stable and documented in
 * docs/errors.md; callers switch on it, never on message text. Each layer lists its codes in an
 * `ErrorTable` (file `errors.ts`), so that a test can hold the documentation against the code.
 */
export type ErrorCategory = 'usage' | 'protocol' | 'network' | 'storage' | 'integrity' | 'security' | 'internal';

/** What is known of a code: its category, whether a retry may help, and what to do about it. */
export interface ErrorEntry {
  readonly category: ErrorCategory;
  readonly retryable?: boolean;
  /** One sentence for docs/errors.md: what happened and what to do next. */
  readonly help: string;
}
export type ErrorTable = Readonly<Record<string, ErrorEntry>>;

export interface ErrorExtra {
  /** Facts for machines; never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class DstError extends Error {
  override readonly name = 'DstError';
  readonly code: string;
  readonly category: ErrorCategory;
  readonly isRetryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, entry: ErrorEntry, message: string, extra: ErrorExtra = {}) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.code = code;
    this.category = entry.category;
    this.isRetryable = entry.retryable ?? false;
    this.details = extra.details ?? {};
  }
}

/** Makes the function with which a layer creates errors of its own table: `throw fail('CODE', 'message')`. */
export function errorsOf<T extends ErrorTable>(
  table: T,
): (code: keyof T & string, message: string, extra?: ErrorExtra) => DstError {
  return (code, message, extra) => new DstError(code, table[code] as ErrorEntry, message, extra);
}

/** The `code` of any thrown value: of a DstError, of a system error (`ENOSPC`), or null. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** The words of any thrown value; never none. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  // Node's, of a host with several addresses, leaves the words to those of each address.
  const each = error instanceof AggregateError ? new Set(error.errors.map(messageOf)) : new Set<string>();
  return each.size > 0 ? [...each].join('; ') : (codeOf(error) ?? error.name);
}
