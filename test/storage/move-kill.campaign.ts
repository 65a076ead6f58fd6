/**
 * A process that moves and renames a torrent's files is killed (SIGKILL) at random moments. Whoever opens the torrent
 * then by what the process had kept in mind finds every piece, without a check, and each file once.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { fileStorage } from '../../src/storage/file/index.ts';
import { campaignSize } from '../campaign.ts';
import { TempFolder } from './file-fixture.ts';
import { movedFiles, namesOf, type Whereabouts } from './moved-files.ts';
import { makeSample } from './sample-torrent.ts';

const KILLS = campaignSize(6, 200);
/** Kills come up to so long after the process began to move, ms: about as long as it needs to come round. */
const LATEST_KILL = 150;

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const sample = makeSample(movedFiles);
/** Another file system, where there is one. */
const elsewhere = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

async function moveUntilKilled(folder: string, delay: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'moving-process.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), delay));
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', 'the process ended by itself');
}

test(`${KILLS} kills neither lose nor double a moved file (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  using home = new TempFolder();
  using other = new TempFolder(elsewhere);
  const folders = [home.join('a'), other.join('b'), home.join('c')];
  const options = { infoHashes: sample.infoHashes, selection: 'all', allocation: 'sparse', isWritable: true } as const;
  const factory = fileStorage({ workers: 0, stateDirectory: home.join('state') });
  const open = ({ directory, ending }: Whereabouts): ReturnType<typeof factory.open> =>
    factory.open(sample.geometry, { ...options, directory, paths: namesOf(sample, ending) });
  const first: Whereabouts = { directory: folders[0] as string, target: null, others: folders.slice(1), ending: '' };
  const storage = await open(first);
  await sample.store(storage);
  await storage.close();
  home.write('place.json', Buffer.from(JSON.stringify(first)));
  for (let kills = 0; kills < KILLS; kills++) {
    await moveUntilKilled(home.path, random.below(LATEST_KILL));
    const place = JSON.parse(readFileSync(home.join('place.json'), 'utf8')) as Whereabouts;
    const found = await open(place);
    const { have, suspect } = await found.resume();
    assert.ok(have.isComplete && suspect.isEmpty, `${have.count} pieces known, ${suspect.count} in doubt`);
    assert.ok((await found.checkAll(have, sample.expected)).isComplete);
    await found.close();
    const lying = [...home.list(), ...other.list()].filter((path) => /\.bin(\.done)?$/.test(path));
    assert.equal(lying.length, Object.keys(movedFiles).length, lying.join(' '));
    assert.ok(lying.every((path) => path.endsWith(place.ending === '' ? '.bin' : place.ending)));
  }
  await factory[Symbol.asyncDispose]();
});
