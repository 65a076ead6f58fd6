/**
 * A process to be killed: renames the files of a sample and moves them between two folders, again and again. It keeps in
 * mind what a client would: new paths before it renames, the target before it moves.
 */
import { readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { fileStorage } from '../../src/storage/file/index.ts';
import { makeSample } from './sample-torrent.ts';
import { movedFiles, namesOf, type Whereabouts } from './moved-files.ts';

const [folder = ''] = process.argv.slice(2);
const place: Whereabouts = JSON.parse(readFileSync(`${folder}/place.json`, 'utf8'));
const keep = (change: Partial<Whereabouts>): void => {
  writeFileSync(`${folder}/place.new`, JSON.stringify(Object.assign(place, change)));
  renameSync(`${folder}/place.new`, `${folder}/place.json`);
};
const sample = makeSample(movedFiles);
const storage = await fileStorage({ workers: 1, stateDirectory: `${folder}/state` }).open(sample.geometry, {
  directory: place.directory,
  infoHashes: sample.infoHashes,
  paths: namesOf(sample, place.ending),
  selection: 'all',
  allocation: 'sparse',
  isWritable: true,
});
if (!(await storage.resume()).have.isComplete) throw new Error('pieces were lost');
writeSync(1, 'begins\n');
for (;;) {
  keep({ target: place.target ?? (place.others[0] as string), others: [...place.others.slice(1), storage.directory] });
  await storage.move(place.target as string);
  keep({ directory: storage.directory, target: null });
  keep({ ending: place.ending === '' ? '.done' : '' });
  await storage.rename(namesOf(sample, place.ending));
}
