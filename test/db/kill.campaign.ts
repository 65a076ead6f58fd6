/**
 * A process that counts completed downloads is killed (SIGKILL) at random moments. After each kill the database opens,
 * every transaction that the process was told of is there, and each is there for all torrents or for none.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { campaignSize } from '../campaign.ts';
import { startCounting, takeOver } from './counting.ts';

const KILLS = campaignSize(10, 300);
/** Kills come up to so long after the first transaction, ms. */
const LATEST_KILL = 150;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

test(`${KILLS} kills lose no confirmed transaction (seed ${seed})`, async (context) => {
  const random = seededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'dst-db-kill-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'tracker.db');
  let before = 0;
  let unconfirmed = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const delay = random.below(LATEST_KILL);
    const counting = startCounting(path, 1_000_000, () => setTimeout(() => counting.child.kill('SIGKILL'), delay));
    assert.deepEqual(await once(counting.child, 'close'), [null, 'SIGKILL']);
    const { counts } = await takeOver(path);
    assert.equal(counts.length, 1, 'a transaction is there for some torrents only');
    const added = (counts[0] as number) - before;
    assert.ok(added >= counting.confirmed(), `${counting.confirmed()} transactions confirmed, ${added} there`);
    assert.ok(added <= counting.confirmed() + 1, `${counting.confirmed()} transactions confirmed, ${added} there`);
    unconfirmed += added - counting.confirmed();
    before = counts[0] as number;
  }
  using file = new DatabaseSync(path);
  assert.equal(file.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok');
  context.diagnostic(`${before} transactions, of which ${unconfirmed} were made but not yet confirmed`);
});
