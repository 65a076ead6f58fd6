/** Runs a job in the present thread: what the disk worker and its in-process twin have in common. */
import type { DiskContext } from './disk-context.ts';
import type { JobInput, JobKind, JobResult } from './disk-jobs.ts';
import {
  adopt,
  allocate,
  prepare,
  probe,
  remove,
  rename,
  space,
  survey,
  tidy,
  transfer,
  writeJournal,
} from './file-jobs.ts';
import { commit, hashLeaves, hashPieces, read } from './piece-jobs.ts';
import { rehearse } from './rehearsal.ts';

const runners: { readonly [K in JobKind]: (context: DiskContext, job: JobInput<K>) => JobResult<K> } = {
  commit,
  hash: hashPieces,
  leaves: hashLeaves,
  read,
  survey,
  probe,
  journal: writeJournal,
  prepare,
  space,
  allocate,
  adopt,
  rename,
  transfer,
  remove,
  tidy,
  rehearse,
  release(context, torrent) {
    context.files.release(torrent);
    return null;
  },
};

export function runJob<K extends JobKind>(context: DiskContext, kind: K, job: JobInput<K>): JobResult<K> {
  return runners[kind](context, job);
}
