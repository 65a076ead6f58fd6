/**
 * A tracker is killed (SIGKILL) at random moments under 20,000 announces a second, and started again on the same port and
 * data. No number of finished downloads that anybody was ever told goes backwards.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { decodeScrapeReply, encodeScrapeQuery } from '../../src/codec/announce/index.ts';
import { campaignSize } from '../campaign.ts';
import { freePort } from '../support/free-port.ts';
import { AnnounceLoad } from '../tracker/announce-load.ts';
import { DstRun, scratchFolder } from './cli-process.ts';

const KILLS = campaignSize(4, 50);
const RATE = 20_000;
const TORRENTS = 50;
/** A kill comes so long after the tracker has told of finished downloads for the first time, ms at most. */
const LATEST_KILL = 1500;
/** Announces that were answered before it, however busy the machine is. */
const LEAST_ANSWERED = 1000;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

const infoHashes = Array.from({ length: TORRENTS }, (_, i) => new Uint8Array(20).fill(i + 1));

/** Finished downloads of each torrent, as the tracker tells them. */
async function finished(port: number): Promise<number[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/scrape?${encodeScrapeQuery(infoHashes)}`);
  const reply = decodeScrapeReply(new Uint8Array(await answer.arrayBuffer()));
  assert.equal(reply?.kind, 'success');
  return reply.entries.map((entry) => entry.downloaded);
}

test(`${KILLS} kills under load take nothing back (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  await using folder = await scratchFolder();
  const port = await freePort();
  const start = async (): Promise<DstRun> => {
    const args = ['tracker', '--bind', '127.0.0.1', '--port', String(port), '--data', folder.path];
    const env = { DST_TRACKER_ANNOUNCES_PER_SECOND: '0' }; // all come from one address
    const run = new DstRun(args, { env });
    await run.event('listening');
    return run;
  };
  let run = await start();
  await using _last = { [Symbol.asyncDispose]: () => run[Symbol.asyncDispose]() };
  await using load = await AnnounceLoad.start(port, infoHashes, RATE);
  let told = await finished(port);
  for (let kill = 1; kill <= KILLS; kill++) {
    const before = told;
    const end = performance.now() + random.below(LATEST_KILL);
    const isUnderLoad = (): boolean => load.answered > kill * LEAST_ANSWERED;
    while (performance.now() < end || !isUnderLoad() || told.every((count, i) => count === before[i])) {
      const now = await finished(port);
      for (const [i, count] of now.entries()) assert.ok(count >= (told[i] as number), 'a number went backwards');
      told = now;
    }
    run.child.kill('SIGKILL');
    await once(run.child, 'close');
    run = await start();
    const now = await finished(port);
    for (const [i, count] of now.entries()) {
      assert.ok(
        count >= (told[i] as number),
        `kill ${kill}: ${told[i]} finished downloads were told, ${count} are left`,
      );
    }
    told = now;
  }
  assert.ok(told.every((count) => count > 0));
});
