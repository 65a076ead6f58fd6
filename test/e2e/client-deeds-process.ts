/** A process to be killed: does at random what users do, and tells before and after each deed. */
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/base/random.ts';
import type { ManagedTorrent } from '../../src/app/client/index.ts';
import { type Deed, placesIn, sampleOf, TORRENTS, writeData } from './client-deeds.ts';
import { startClient, until } from './client-run.ts';

const [home = '', other = '', seed = '1'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const places = placesIn(home, other);
const { client } = await startClient(home, [home, other]);

const numberOf = new Map(
  Array.from({ length: TORRENTS }, (_, number) => [
    Buffer.from(sampleOf(number).metainfo.infoHashes.v1 ?? []).toString('hex'),
    number,
  ]),
);
const torrentOf = (number: number): ManagedTorrent | null =>
  client.torrents.all().find(({ hash }) => numberOf.get(hash) === number) ?? null;

async function add(number: number, place: string): Promise<void> {
  writeData(number, place);
  await client.torrents.add({ source: sampleOf(number).bytes, savePath: place });
}

/** Null: nothing can be done with it now. */
function chooseDeed(number: number, torrent: ManagedTorrent | null): Deed | null {
  if (torrent === null) return { kind: 'add', number, place: random.below(places.length) };
  if (torrent.view().state === 'moving') return null;
  const text = `x${random.below(1_000_000)}`;
  const deeds: Deed[] = [
    { kind: 'move', number, place: random.below(places.length) },
    { kind: 'move', number, place: random.below(places.length) },
    { kind: 'label', number, text },
    { kind: 'rename', number, text },
    { kind: 'stop', number },
    { kind: 'start', number },
    { kind: 'remove', number },
  ];
  return deeds[random.below(deeds.length)] as Deed;
}

async function perform(deed: Deed, torrent: ManagedTorrent | null): Promise<void> {
  if (deed.kind === 'add') return add(deed.number, places[deed.place] as string);
  if (torrent === null) return;
  switch (deed.kind) {
    case 'move':
      return torrent.setSavePath(places[deed.place] as string, { movesData: true });
    case 'label':
      return torrent.change({ labels: [deed.text] });
    case 'rename':
      return torrent.rename(torrent.view().contentPath.slice(torrent.view().savePath.length + 1), deed.text);
    case 'start':
      return torrent.start();
    case 'stop':
      return torrent.stop();
    case 'remove':
      await client.torrents.remove([torrent], { deleteData: true });
      // The data goes after that: nothing may be put in its place before.
      return until(() => !existsSync(join(home, 'torrents', `${torrent.hash}.torrent`)));
  }
}

const tell = (deed: Deed, isDone: boolean): unknown => writeSync(1, `${JSON.stringify({ deed, isDone })}\n`);

await until(() => client.torrents.all().every((torrent) => torrent.view().state !== 'moving'));
writeSync(1, 'begins\n');
for (;;) {
  const number = random.below(TORRENTS);
  const torrent = torrentOf(number);
  const deed = chooseDeed(number, torrent);
  if (deed === null) {
    await until(() => torrent?.view().state !== 'moving');
    continue;
  }
  tell(deed, false);
  await perform(deed, torrent);
  tell(deed, true);
}
