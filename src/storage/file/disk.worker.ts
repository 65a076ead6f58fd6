/** A disk worker: takes jobs in the order of their messages, answers each, and keeps only caches. */
import { parentPort } from 'node:worker_threads';
import { DstError } from '../../base/errors.ts';
import { DiskContext } from './disk-context.ts';
import type { DiskReply, DiskRequest } from './disk-messages.ts';
import { storageFault } from './fault.ts';
import { runJob } from './run-job.ts';

const context = new DiskContext();

parentPort?.on('message', (request: DiskRequest) => {
  for (const [id, memory] of request.memories) context.learn(id, new Uint8Array(memory));
  for (const id of request.forgotten) context.forget(id);
  for (const { id, kind, input } of request.jobs) {
    parentPort?.postMessage(answer(id, () => runJob(context, kind, input)));
  }
});

function answer(id: number, run: () => unknown): DiskReply {
  try {
    return { id, result: run() };
  } catch (error) {
    const { code, message, details } = error instanceof DstError ? error : storageFault(error, 'write', 'the disk');
    return { id, fault: { code, message, details } };
  }
}
