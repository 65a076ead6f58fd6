/**
 * Crash safety: real downloads are killed (SIGKILL) at random moments and resumed by the same command. After each kill
 * `dst verify` tells which pieces are good on disk; the resumed download may fetch the others and nothing else, and
 * what all kills together lost, by the seeder's count, is at most the pieces that were in flight.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { ByteCount, Millis } from '../../src/base/units.ts';
import { campaignSize } from '../campaign.ts';
import { dst } from '../interop/clients/dst.ts';
import { dstCommand } from '../support/dst-command.ts';
import { differences, PIECE_LENGTH, writeSample } from '../interop/content.ts';
import { Program } from '../interop/program.ts';

const KILLS = campaignSize(6, 100);

/** The seeder's limit: the download then takes about a second and a half, so that a kill finds it at work. */
const RATE = '16M';
/** Kills come at random up to so long after the start, ms. */
const LATEST_KILL: Millis = 1_700;
/** Longest that a download may take, ms. */
const DOWNLOAD_TIMEOUT: Millis = 180_000;
/** Most bytes that a kill may lose: the pieces being received, hashed and written at this rate. */
const MOST_IN_FLIGHT: ByteCount = 8 * PIECE_LENGTH;

/** Exit status of `dst verify` when nothing of the torrent is there. */
const NOT_FOUND = 3;

const LOCAL = ['--bind', '127.0.0.1', '--no-trackers', '--json'];

interface TransferEvent {
  readonly event: string;
  readonly addresses: readonly string[];
  readonly downloaded: ByteCount;
  readonly uploaded: ByteCount;
  readonly verified: ByteCount;
}

/** Name of the torrent and of its folder. */
const NAME = 'sample';

const root = mkdtempSync(join(tmpdir(), 'dst-crash-'));
const served = join(root, 'served');
const torrentFile = join(root, 'sample.torrent');
let pieceCount = 0;
let seeder: Program;
const seederEvents = new Map<string, TransferEvent>();

before(async () => {
  writeSample(served, NAME);
  dst('create', join(served, NAME), '-o', torrentFile, '--piece-length', String(PIECE_LENGTH));
  pieceCount = goodPieces(served);
  seeder = new Program(
    newFolder('seeder'),
    [...dstCommand, 'seed', torrentFile, '--data', served, '--up-limit', RATE, ...LOCAL],
    {
      stdout: 'pipe',
    },
  );
  collectEvents(seeder, seederEvents);
  await seeder.until('seeding', () => seederEvents.has('seeding'));
});

after(async () => {
  await seeder.stop();
  rmSync(root, { recursive: true, force: true });
});

test(`downloads killed ${KILLS} times lose no verified piece and end bit-exact`, async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  let kills = 0;
  let downloads = 0;
  for (; kills < KILLS; downloads++) kills += await downloadWithKills(random, KILLS - kills);
  const ended = once(seeder.child, 'close'); // then all that it wrote has been read
  seeder.child.kill('SIGTERM');
  await ended;
  const { uploaded, verified: size } = seederEvents.get('done') as TransferEvent;
  const lost = uploaded - downloads * size;
  t.diagnostic(`${kills} kills in ${downloads} downloads, ${lost} bytes lost in flight`);
  assert.ok(lost <= kills * MOST_IN_FLIGHT, `${lost} bytes were sent twice, in ${kills} kills`);
});

/** One download, killed until it is through, at most `maxKills` times. Returns how often it was killed. */
async function downloadWithKills(random: Random, maxKills: number): Promise<number> {
  const home = newFolder('downloader');
  const fetched = newFolder('fetched');
  for (let kills = 0, good = 0; ; kills++) {
    const killAfter = kills < maxKills ? random.below(LATEST_KILL) : null;
    const downloaded = await download(home, fetched, killAfter);
    if (downloaded === null) {
      const now = goodPieces(fetched);
      assert.ok(now >= good, `a kill destroyed good pieces: ${good} before, ${now} after`);
      good = now;
      continue;
    }
    assert.deepEqual(differences(served, fetched), []);
    const missing = (pieceCount - good) * PIECE_LENGTH;
    assert.ok(downloaded <= missing, `resumed with ${missing} bytes missing, but fetched ${downloaded}`);
    return kills;
  }
}

/** Runs the download command, killing it `killAfter` ms from its start. Returns the bytes received, null when killed. */
async function download(home: string, output: string, killAfter: Millis | null): Promise<ByteCount | null> {
  const [address] = (seederEvents.get('listening') as TransferEvent).addresses;
  const command = [...dstCommand, 'download', torrentFile, '-o', output, '--peer', address as string, ...LOCAL];
  const program = new Program(home, command, { stdout: 'pipe' });
  const events = new Map<string, TransferEvent>();
  collectEvents(program, events);
  const timer = killAfter === null ? undefined : setTimeout(() => program.child.kill('SIGKILL'), killAfter);
  try {
    await once(program.child, 'close', { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT) }).catch(() => {
      throw program.failure(`not through after ${DOWNLOAD_TIMEOUT} ms: ${JSON.stringify(events.get('progress'))}`);
    });
    if (program.child.signalCode === 'SIGKILL') return null;
    if (program.child.exitCode !== 0) throw program.failure('failed');
    return (events.get('complete') as TransferEvent).downloaded;
  } finally {
    clearTimeout(timer);
    await program.stop();
  }
}

/** How many pieces of the torrent are good below a folder, found by hashing what is there. */
function goodPieces(folder: string): number {
  const [program, ...args] = [...dstCommand, 'verify', torrentFile, folder, '--json'];
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === NOT_FOUND ? 0 : (JSON.parse(stdout) as { goodPieces: number }).goodPieces;
}

/** Keeps the latest event of each name that a transfer prints. */
function collectEvents(program: Program, events: Map<string, TransferEvent>): void {
  createInterface({ input: program.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const event = JSON.parse(line) as TransferEvent;
    events.set(event.event, event);
  });
}

/** A new, empty folder in place of an earlier one of that name. */
function newFolder(name: string): string {
  const path = join(root, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
}
