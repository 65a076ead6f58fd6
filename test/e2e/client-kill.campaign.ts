/**
 * A client that adds, moves, renames, changes and removes torrents is killed (SIGKILL) at random moments. The next run
 * finds each torrent that was told to be there, as it was told to be, with all of its data in one place; the one deed
 * that was under way is done or is not, and nothing is half-done: no file of the client or of a torrent is left over.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import type { ManagedTorrent } from '../../src/app/client/index.ts';
import { campaignSize } from '../campaign.ts';
import { type Deed, type DeedLine, placesIn, sampleOf, TORRENTS } from './client-deeds.ts';
import { startClient, until } from './client-run.ts';

const KILLS = campaignSize(5, 200);
/** Kills come up to so long after the client began, ms. */
const LATEST_KILL = 400;

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
/** Another file system, where there is one. */
const elsewhere = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** What is known of a torrent that is there. */
interface Known {
  readonly place: number;
  readonly top: string;
  readonly label: string;
  readonly isRunning: boolean;
}
type World = Map<number, Known>;

function after(world: World, { deed }: Pick<DeedLine, 'deed'>): World {
  const next = new Map(world);
  const { number } = deed;
  const known = next.get(number);
  const change = (some: Partial<Known>): unknown => next.set(number, { ...(known as Known), ...some });
  if (deed.kind === 'add') {
    const top = sampleOf(number).metainfo.info.name;
    next.set(number, { place: deed.place, top, label: '', isRunning: true });
  } else if (deed.kind === 'remove') next.delete(number);
  else if (deed.kind === 'move') change({ place: deed.place });
  else if (deed.kind === 'label') change({ label: deed.text });
  else if (deed.kind === 'rename') change({ top: deed.text });
  else change({ isRunning: deed.kind === 'start' });
  return next;
}

/** The deeds that the process told of before it was killed. */
async function killedProcess(home: string, other: string, random: number, delay: number): Promise<DeedLine[]> {
  const path = join(import.meta.dirname, 'client-deeds-process.ts');
  const child = spawn(process.execPath, [path, home, other, String(random)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (text === '') setTimeout(() => child.kill('SIGKILL'), delay);
    text += chunk.toString();
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', 'the process ended by itself');
  const lines = text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as DeedLine);
}

function numberOf({ hash }: ManagedTorrent): number {
  const hashes = Array.from({ length: TORRENTS }, (_, number) => sampleOf(number).metainfo.infoHashes.v1);
  return hashes.findIndex((v1) => Buffer.from(v1 ?? []).toString('hex') === hash);
}

function assertData(number: number, folder: string): void {
  const { metainfo, data } = sampleOf(number);
  for (const { path, offset, length } of metainfo.info.files) {
    const found = readFileSync(join(folder, ...path.slice(1)));
    assert.equal(Buffer.compare(found, data.subarray(offset, offset + length)), 0, `${folder} ${path.join('/')}`);
  }
}

/** Opens the client and sees what it has; everything that was begun comes to its end first. */
async function look(home: string, other: string): Promise<World> {
  const places = placesIn(home, other);
  const world: World = new Map();
  await using run = await startClient(home, [home, other]);
  const { torrents } = run.client;
  // Its data has been looked at: what a kill cut short is finished then.
  const isSettled = (torrent: ManagedTorrent): boolean =>
    ['seeding', 'stopped', 'failed'].includes(torrent.view().state) && torrent.pieces() !== null;
  const shown = (): string =>
    torrents
      .all()
      .map((torrent) => `${numberOf(torrent)} ${torrent.view().state}`)
      .join();
  await until(() => torrents.all().every(isSettled), 'rest').catch((error: Error) => {
    throw new Error(`${error.message}: ${shown()}`);
  });
  for (const torrent of torrents.all()) {
    const number = numberOf(torrent);
    const { state, problem, savePath, contentPath, wantedDone, wantedSize, settings } = torrent.view();
    assert.notEqual(state, 'failed', `torrent ${number}: ${problem?.message}`);
    if (state === 'seeding') assert.equal(wantedDone, wantedSize, `torrent ${number} is not whole`);
    assertData(number, contentPath);
    assert.equal(contentPath.startsWith(savePath), true);
    const top = contentPath.slice(savePath.length + 1);
    const [label = ''] = settings.labels;
    world.set(number, { place: places.indexOf(savePath), top, label, isRunning: state === 'seeding' });
  }
  return world;
}

test(`${KILLS} kills of a client leave nothing lost and nothing half-done (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const [home, other] = [tmpdir(), elsewhere].map((folder) => mkdtempSync(join(folder, 'dst-kills-'))) as [
    string,
    string,
  ];
  let world: World = new Map();
  try {
    for (let kills = 0; kills < KILLS; kills++) {
      const lines = await killedProcess(home, other, random.below(2 ** 31), random.below(LATEST_KILL));
      for (const line of lines) if (line.isDone) world = after(world, line);
      const last = lines.at(-1);
      const open: Deed | null = last === undefined || last.isDone ? null : last.deed;
      const expected = [world, ...(open === null ? [] : [after(world, { deed: open })])];
      const found = await look(home, other);
      const isExpected = expected.some((one) => sorted(one) === sorted(found));
      assert.ok(
        isExpected,
        `${sorted(found)} is none of ${expected.map(sorted).join(' and ')}; ${JSON.stringify(last)}`,
      );
      world = found;
      assertNothingLeft(home, other, world, open);
    }
  } finally {
    for (const folder of [home, other]) rmSync(folder, { recursive: true, force: true });
  }
});

const sorted = (world: World): string => JSON.stringify([...world].toSorted(([a], [b]) => a - b));

function assertNothingLeft(home: string, other: string, world: World, open: Deed | null): void {
  const kept = readdirSync(join(home, 'torrents'));
  assert.equal(kept.length, world.size, kept.join());
  for (const [place, folder] of placesIn(home, other).entries()) {
    const tops = existsSync(folder) ? readdirSync(folder) : [];
    const known = [...world.values()].filter((one) => one.place === place).map(({ top }) => top);
    // The process itself had laid out the data of a torrent that was not added any more.
    if (open?.kind === 'add' && !world.has(open.number)) known.push(sampleOf(open.number).metainfo.info.name);
    assert.deepEqual(
      tops.filter((top) => !known.includes(top)),
      [],
      folder,
    );
    if (open?.kind !== 'add') continue;
    rmSync(join(folder, world.has(open.number) ? '.none' : sampleOf(open.number).metainfo.info.name), {
      recursive: true,
      force: true,
    });
  }
}
