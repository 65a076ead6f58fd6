/** A transfer of the sample content between two clients, and the pair of tests that every real client has to pass. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { Dst, dst } from './clients/dst.ts';
import { lastDifferences, PIECE_LENGTH, writeSample } from './content.ts';
import { Swarm, TRACKER_URL } from './swarm.ts';

/** Most a transfer may take, milliseconds; Transmission decides whom to serve every ten seconds only. */
const TRANSFER_TIMEOUT_MS = 240_000;
const ANNOUNCE_TIMEOUT_MS = 180_000;

export type Format = 'v1' | 'v2' | 'hybrid';

/** Name of the sample folder, which is the torrent's name too. */
export const SAMPLE = 'sample content';

export interface Exchange {
  readonly seeder: Client;
  readonly leecher: Client;
  /** Makes the torrent file of a content folder; by default `dst create` makes a v1 torrent. */
  readonly create?: (content: string, torrentFile: string) => void;
  /** What the leecher is given for a torrent file; by default the file itself. */
  readonly target?: (torrentFile: string) => string;
  /** Address of both clients; by default each has one of its own in IPv4. */
  readonly ip?: string;
  /** What the leecher is known to leave out. */
  readonly leftOut?: readonly string[];
}

/** Lets the seeder serve the sample and the leecher fetch it. Returns what differs between the two folders: nothing, if all is well. */
export async function exchange({
  seeder,
  leecher,
  create = dstCreates('v1'),
  target,
  ip,
  leftOut,
}: Exchange): Promise<string[]> {
  await using swarm = await Swarm.open();
  const served = swarm.folder('served');
  const fetched = swarm.folder('fetched');
  const torrentFile = join(swarm.folder('torrent'), 'sample.torrent');
  writeSample(served, SAMPLE);
  create(join(served, SAMPLE), torrentFile);
  const peer = await swarm.start(seeder, ip);
  await seeder.seed(torrentFile, served);
  if (ip === undefined) await swarm.tracker.waitForSeeder(ANNOUNCE_TIMEOUT_MS);
  await swarm.start(leecher, ip);
  await leecher.download(target?.(torrentFile) ?? torrentFile, fetched, [peer]);
  await leecher.waitComplete(TRANSFER_TIMEOUT_MS);
  return await lastDifferences(join(served, SAMPLE), join(fetched, SAMPLE), leftOut);
}

/** Creation by `dst create`. */
export function dstCreates(format: Format): (content: string, torrentFile: string) => void {
  return (content, torrentFile) => {
    const options = [`--${format}`, '--piece-length', String(PIECE_LENGTH), '--tracker', TRACKER_URL];
    dst('create', content, '-o', torrentFile, ...options);
  };
}

/**
 * Registers the two tests: a multi-file v1 torrent of ours arrives bit-exact from the client, and at the client.
 * `leftOut` lists what the client is known to leave out when it downloads.
 */
export function describeExchange(
  name: string,
  skip: string | false,
  create: () => Client,
  leftOut: readonly string[] = [],
): void {
  describe(`${name} and dst`, { skip }, () => {
    test(`dst downloads a multi-file v1 torrent from ${name} bit-exact`, async () => {
      assert.deepEqual(await exchange({ seeder: create(), leecher: new Dst() }), []);
    });

    test(`${name} downloads a multi-file v1 torrent from dst bit-exact`, async () => {
      assert.deepEqual(await exchange({ seeder: new Dst(), leecher: create(), leftOut }), leftOut);
    });
  });
}
