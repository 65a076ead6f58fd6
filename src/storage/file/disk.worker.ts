/** A disk worker: takes jobs in the order of their messages, answers each, and keeps only caches. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { DstError } from '../../base/errors.ts';
import { DiskContext } from './disk-context.ts';
import type { JobKind } from './disk-jobs.ts';
import { type DiskReply, type DiskRequest, packResult, unpackInput } from './disk-messages.ts';
import { storageFault } from './fault.ts';
import { runJob } from './run-job.ts';

const context = new DiskContext();

/** What this worker is told. */
export interface DiskWorkerData {
  /** Other threads of the process go first. Linux, where each thread has a priority of its own. */
  readonly isYielding: boolean;
}

if ((workerData as DiskWorkerData | null)?.isYielding === true && process.platform === 'linux') {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it: then it works as it is.
  }
}

parentPort?.on('message', ({ memories, forgotten, jobs }: DiskRequest) => {
  for (const [id, memory] of memories) context.learn(id, new Uint8Array(memory));
  for (const id of forgotten) context.forget(id);
  for (let i = 0; i < jobs.length; i += 3) {
    parentPort?.postMessage(answer(jobs[i] as number, jobs[i + 1] as JobKind, jobs[i + 2]));
  }
});

function answer(id: number, kind: JobKind, packed: unknown): DiskReply {
  try {
    return [id, packResult(kind, runJob(context, kind, unpackInput(kind, packed)))];
  } catch (error) {
    const { code, message, details } = error instanceof DstError ? error : storageFault(error, 'write', 'the disk');
    return [id, null, [code, message, details]];
  }
}
