/**
 * A process that stores pieces is killed (SIGKILL) at random moments. After each kill every piece that it had reported
 * as stored is there, no piece is taken for good that is not, and no more pieces are in doubt than were in flight.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { fileStorage } from '../../src/storage/file/index.ts';
import { campaignSize } from '../campaign.ts';
import { TempFolder } from './file-fixture.ts';
import { killedFiles } from './killed-files.ts';
import { makeSample } from './sample-torrent.ts';

const KILLS = campaignSize(3, 100);
/** Kills come up to so long after the process began to store, ms: about as long as it needs for everything. */
const LATEST_KILL = 250;
/** Commits under way at a time. */
const IN_FLIGHT = 6;

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const sample = makeSample(killedFiles, { pieceLength: 16_384 });

/** Runs the process; kills it `delay` after it began. Resolves with what it reported and whether it came to its end. */
async function store(folder: string, delay: number): Promise<{ stored: number[]; isComplete: boolean }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'storing-process.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (lines.push(line) === 1) setTimeout(() => child.kill('SIGKILL'), delay);
  });
  await once(child, 'close');
  return { stored: lines.filter((line) => /^\d+$/.test(line)).map(Number), isComplete: lines.includes('complete') };
}

/** What a process finds that opens the torrent for seeding. The check goes without the journal and leaves it alone. */
async function inspect(folder: TempFolder): Promise<{ have: number[]; good: Set<number>; suspect: number }> {
  const directory = folder.join('data');
  const options = {
    directory,
    infoHashes: sample.infoHashes,
    selection: 'all',
    allocation: 'sparse',
    isWritable: false,
  } as const;
  const known = await fileStorage({ workers: 0, stateDirectory: folder.join('state') }).open(sample.geometry, options);
  const { have, suspect } = await known.resume();
  const checked = await fileStorage({ workers: 0 }).open(sample.geometry, options);
  const good = await checked.checkAll(sample.all, sample.expected);
  const mayBeThere = [...good].filter((piece) => have.has(piece) || suspect.has(piece));
  return { have: [...have], good: new Set(mayBeThere), suspect: suspect.count };
}

test(`${KILLS} kills lose no stored piece (seed ${seed})`, async (context) => {
  const random = seededRandom(seed);
  let mostSuspect = 0;
  for (let kills = 0; kills < KILLS; ) {
    using folder = new TempFolder();
    const stored = new Set<number>();
    for (let isComplete = false; !isComplete && kills < KILLS; ) {
      const run = await store(folder.path, random.below(LATEST_KILL));
      for (const piece of run.stored) stored.add(piece);
      ({ isComplete } = run);
      if (!isComplete) kills++;
      const { have, good, suspect } = await inspect(folder);
      assert.deepEqual(
        have.filter((piece) => !good.has(piece)),
        [],
        'pieces taken for good that are not',
      );
      assert.deepEqual(
        [...stored].filter((piece) => !good.has(piece)),
        [],
        'pieces lost',
      );
      assert.ok(suspect <= IN_FLIGHT, `${suspect} pieces in doubt`);
      mostSuspect = Math.max(mostSuspect, suspect);
    }
  }
  context.diagnostic(`at most ${mostSuspect} pieces in doubt after a kill`);
});
