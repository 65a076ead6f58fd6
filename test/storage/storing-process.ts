/** A process to be killed: stores the missing pieces of a sample in random order and prints each one that is stored. */
import { writeSync } from 'node:fs';
import { shuffle, systemRandom } from '../../src/base/random.ts';
import { fileStorage } from '../../src/storage/file/index.ts';
import { killedFiles } from './killed-files.ts';
import { makeSample } from './sample-torrent.ts';

const [folder = ''] = process.argv.slice(2);
const sample = makeSample(killedFiles, { pieceLength: 16_384 });
const factory = fileStorage({ workers: 2, stateDirectory: `${folder}/state` });
const storage = await factory.open(sample.geometry, {
  directory: `${folder}/data`,
  infoHashes: sample.infoHashes,
  selection: 'all',
  allocation: 'sparse',
  isWritable: true,
});
const say = (line: string | number): void => void writeSync(1, `${line}\n`);

const { have, suspect } = await storage.resume();
for (const piece of await storage.checkAll(suspect, sample.expected)) have.add(piece);
const missing = shuffle(
  [...sample.all].filter((piece) => !have.has(piece)),
  systemRandom,
);
say('begins');
const lane = async (): Promise<void> => {
  for (let piece = missing.pop(); piece !== undefined; piece = missing.pop()) {
    await sample.store(storage, [piece]);
    say(piece);
    if (piece % 97 === 0) await storage.flush();
  }
};
await Promise.all(Array.from({ length: 6 }, lane));
await storage.close();
say('complete');
process.exit(0);
