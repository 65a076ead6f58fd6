/** Random swarms, one a seed: none may stall, hold a wrong byte, ban an innocent, or receive much twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaignSize } from '../campaign.ts';
import { fluidBound } from './fluid-bound.ts';
import { runRandomSwarm } from './random-swarm.ts';
import { Swarm } from './swarm.ts';

const SEEDS = campaignSize(20, 1000);

test(`${SEEDS} random swarms complete, bit-exact and with at most 1 % of duplicate bytes`, async (context) => {
  let [received, duplicates] = [0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await runRandomSwarm(seed);
    received += outcome.received;
    duplicates += outcome.duplicates;
    assert.deepEqual(outcome.wronglyBanned, [], `seed ${seed}`);
  }
  context.diagnostic(`duplicates: ${((100 * duplicates) / received).toFixed(2)} % of ${received} bytes`);
  assert.ok(duplicates <= received / 100, `${duplicates} of ${received} bytes came twice`);
});

test('a swarm of fifty is complete within 1.25 times the fluid bound', async (context) => {
  const [size, seedUp, up, down] = [20_000_000, 1_000_000, 500_000, 2_000_000];
  const swarm = new Swarm({ seed: 1, latency: 20, jitter: 5, torrent: { files: [size], pieceLength: 65_536 } });
  await swarm.addSeed({ up: seedUp });
  const peers = await swarm.addLeechers(50, { up, down });
  await swarm.untilComplete({ within: 600_000 });
  await swarm.assertBitExact();
  const ratio = swarm.clock.now() / fluidBound({ size, seedUp, peers: peers.map(() => ({ up, down })) });
  context.diagnostic(`${ratio.toFixed(3)} times the fluid bound, ${(100 * swarm.wastedShare).toFixed(2)} % in vain`);
  assert.ok(ratio <= 1.25, `${ratio} times the fluid bound`);
});
