/** Swarms of a sealed torrent: readers, and one who helps without the key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransportPolicy } from '../../src/codec/metainfo/index.ts';
import { Swarm, type SwarmMember } from './swarm.ts';

const KB = 1000;
const MB = 1_000_000;
const MINUTE = 60_000;

interface Sealed {
  readonly swarm: Swarm;
  readonly readers: readonly SwarmMember[];
  readonly helper: SwarmMember;
}

async function sealedSwarm(seed: number, transport: TransportPolicy): Promise<Sealed> {
  const swarm = new Swarm({
    seed,
    latency: 20,
    loss: 0.01,
    encryption: 'prefer',
    torrent: { files: [2 * MB], sealed: transport, version: 'hybrid' },
    engine: { takesSecure: true, prefersEncryption: true },
  });
  const seeder = await swarm.addSeed({ up: MB });
  const members = await swarm.addLeechers(2, { up: 500 * KB, down: 2 * MB });
  const [helper] = (await swarm.addLeechers(1, { up: 500 * KB, down: 2 * MB, isHelper: true })) as [SwarmMember];
  return { swarm, readers: [seeder, ...members], helper };
}

/** What protects connections of a member to others. */
const protectionsOf = (member: SwarmMember, others: readonly SwarmMember[]): (string | null)[] =>
  member.torrent
    .peers()
    .filter(({ address }) => others.some(({ host }) => address.startsWith(`${host.address}:`)))
    .map(({ protection }) => protection);

test('a sealed swarm that requires secure connections is complete for its readers, and tells a helper nothing', async () => {
  const { swarm, readers, helper } = await sealedSwarm(1, 'required');
  await swarm.run(2000);
  for (const reader of readers) assert.ok(reader.torrent.peers().every(({ protection }) => protection === 'noise'));
  await swarm.untilComplete({ within: 5 * MINUTE, members: readers.slice(1) });
  await swarm.run(5 * MINUTE);
  await swarm.assertBitExact();
  const { piecesHave, downloaded } = helper.torrent.status();
  assert.deepEqual([piecesHave, downloaded, helper.torrent.peers().length], [0, 0, 0]);
});

test('a sealed swarm that prefers secure connections is complete for all: readers speak so, a helper as it can', async () => {
  const { swarm, readers, helper } = await sealedSwarm(2, 'prefer');
  const found = new Set<string | null>();
  while (!helper.isComplete && swarm.clock.now() < 5 * MINUTE) {
    await swarm.run(500);
    for (const reader of readers)
      assert.ok(protectionsOf(reader, readers).every((protection) => protection === 'noise'));
    for (const protection of protectionsOf(helper, readers)) found.add(protection);
  }
  await swarm.untilComplete({ within: 5 * MINUTE, members: [...readers.slice(1), helper] });
  await swarm.assertBitExact();
  assert.ok(found.size > 0);
});
