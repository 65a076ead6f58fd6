/** What the main thread and a disk worker tell each other. */
import type { JobInput, JobKind } from './disk-jobs.ts';

/** Jobs are posted together when they arise in the same turn of the event loop. */
export interface DiskRequest {
  /** Pool memory that the worker has not seen yet: id and memory. */
  readonly memories: readonly (readonly [id: number, memory: SharedArrayBuffer])[];
  /** Ids of memory that was given up. */
  readonly forgotten: readonly number[];
  readonly jobs: readonly { readonly id: number; readonly kind: JobKind; readonly input: JobInput<JobKind> }[];
}

/** Outcome of one job: a result, or the storage error that it ended with. */
export interface DiskReply {
  readonly id: number;
  readonly result?: unknown;
  readonly fault?: {
    readonly code: string;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}
