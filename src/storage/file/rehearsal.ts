/**
 * Stores and reads a few pieces that nobody has, in files that keep nothing, so that V8 has compiled that way and knows
 * its types when the first real piece comes: otherwise each thread works on it for 10 ms. The threads have the time,
 * for the main thread is busy longer with what a session needs at its start.
 */
import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DiskContext } from './disk-context.ts';
import type { CommitJob, ReadJob, Site } from './disk-jobs.ts';
import { packInput, packResult, unpackInput } from './disk-messages.ts';
import { commit, read } from './piece-jobs.ts';

/** Calls after which V8 keeps what it learned of a function, twice over. */
const ROUNDS = 16;
const LENGTH = 16_384;
/** No torrent and no pool buffer has these numbers. */
const TORRENT = -1;
const BUFFER = -1;

/** What is written to it is gone, and what is read from it is zeros. */
const isDevice = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isCharacterDevice() === true;

/** Where there are no such files (Windows) nothing is rehearsed. */
export function rehearse(context: DiskContext): null {
  if (!isDevice('/dev/null') || !isDevice('/dev/zero')) return null;
  const bytes = Buffer.alloc(LENGTH);
  const site: Site = { torrent: TORRENT, root: '/dev', isStrict: true, device: null, contentKey: null };
  const sha1 = hash('sha1', bytes, 'buffer');
  const whole = { key: 0, path: 'null', offset: 0, at: 0, length: LENGTH, fileLength: LENGTH, isExecutable: false };
  const part = { ...whole, fileLength: 2 * LENGTH };
  const store: CommitJob = {
    site,
    buffer: BUFFER,
    length: LENGTH,
    piece: 0,
    offset: 0,
    places: [whole, part],
    hashes: { sha1, merkle: null },
    journal: '/dev/null',
  };
  const all = { path: 'zero', isWhole: true, offset: 0, spots: [0, LENGTH] };
  const serve: ReadJob = { site, buffer: BUFFER, segments: [all, { ...all, isWhole: false }], sealed: [] };
  context.learn(BUFFER, bytes);
  try {
    for (let i = 0; i < ROUNDS; i++) {
      packResult('commit', commit(context, unpackInput('commit', packInput('commit', store)) as CommitJob));
      read(context, unpackInput('read', packInput('read', serve)) as ReadJob);
      context.files.release(TORRENT);
    }
  } catch {
    context.files.release(TORRENT);
  }
  context.forget(BUFFER);
  return null;
}
