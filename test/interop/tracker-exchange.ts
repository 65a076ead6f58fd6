/** A swarm whose members know of each other only through a `dst tracker`. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { dst } from './clients/dst.ts';
import { libtorrentReads } from './clients/libtorrent.ts';
import { Transmission } from './clients/transmission.ts';
import { lastDifferences, writeSample } from './content.ts';
import { DstTracker } from './dst-tracker.ts';
import { SAMPLE } from './exchange.ts';
import { Swarm } from './swarm.ts';

const PORT = 6971;
const TIMEOUT_MS = 180_000;
/** Transmission 3 never creates files of length zero. */
const LEFT_OUT = ['missing: empty file.txt'];

export interface TrackerExchange {
  readonly protocol: 'http' | 'udp';
  /** Addresses of the namespace: the tracker's, the seeder's and one for each leecher. */
  readonly addresses: readonly string[];
  readonly seeder: Client;
  readonly leechers: readonly Client[];
  /** So many leechers at the least tell the tracker when they have finished. */
  readonly announcing: number;
}

interface Fetching {
  readonly leecher: Client;
  readonly folder: string;
}

/**
 * Lets all leechers fetch the sample, and asserts that it arrives and that the tracker has counted them.
 * `look` is called when all are complete, before they are stopped.
 */
export async function exchangeThroughTracker(
  { protocol, addresses, seeder, leechers, announcing }: TrackerExchange,
  look: () => void = () => {},
): Promise<void> {
  await using swarm = await Swarm.open(addresses);
  const ip = addresses[0] as string;
  const served = swarm.folder('served');
  const torrentFile = join(swarm.folder('torrent'), 'sample.torrent');
  writeSample(served, SAMPLE);
  const url = `${protocol}://${ip.includes(':') ? `[${ip}]` : ip}:${PORT}/announce`;
  dst('create', join(served, SAMPLE), '-o', torrentFile, '--v1', '--tracker', url);
  const infoHash = libtorrentReads(torrentFile).v1 as string;
  await using tracker = await DstTracker.start(swarm.folder('tracker'), [ip], PORT);
  await swarm.start(seeder);
  await seeder.seed(torrentFile, served);
  await tracker.waitFor(infoHash, ({ complete }) => complete === 1, TIMEOUT_MS);
  const fetching = await Promise.all(leechers.map((leecher) => fetchWith(leecher, swarm, torrentFile)));
  for (const { leecher, folder } of fetching) {
    await leecher.waitComplete(TIMEOUT_MS);
    const leftOut = leecher instanceof Transmission ? LEFT_OUT : [];
    assert.deepEqual(await lastDifferences(join(served, SAMPLE), join(folder, SAMPLE), leftOut), leftOut, leecher.name);
  }
  look();
  await tracker.waitFor(infoHash, ({ downloaded }) => downloaded >= announcing, TIMEOUT_MS);
}

async function fetchWith(leecher: Client, swarm: Swarm, torrentFile: string): Promise<Fetching> {
  const folder = swarm.folder(`fetched by ${leecher.name}`);
  await swarm.start(leecher);
  await leecher.download(torrentFile, folder, []);
  return { leecher, folder };
}
