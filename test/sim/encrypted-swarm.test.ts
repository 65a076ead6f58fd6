/** Swarms of sessions with different policies of encryption. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import type { ByteCount } from '../../src/base/units.ts';
import type { Connection } from '../../src/net/index.ts';
import type { SimHost } from './sim-network.ts';
import { Swarm, type SwarmMember } from './swarm.ts';

const KB = 1000;
const MB = 1_000_000;
const MINUTE = 60_000;

const protectionsOf = (member: SwarmMember): (string | null)[] =>
  member.torrent.peers().map(({ protection }) => protection);

for (const version of ['v1', 'v2', 'hybrid'] as const) {
  test(`a swarm that requires encryption shares a ${version} torrent, over paths that lose and delay`, async () => {
    const path = { latency: 30, jitter: 20, loss: 0.02 };
    const swarm = new Swarm({ seed: 1, ...path, encryption: 'required', torrent: { files: [2 * MB], version } });
    const found = new Set<string | null>();
    await swarm.addSeed({ up: MB });
    await swarm.addLeechers(5, (i) => ({ up: 500 * KB, down: 2 * MB, isMagnet: i % 2 === 1 }));
    await swarm.run(3000);
    for (const member of swarm.members) for (const protection of protectionsOf(member)) found.add(protection);
    await swarm.untilComplete({ within: 5 * MINUTE });
    await swarm.assertBitExact();
    assert.deepEqual([...found], ['mse']);
  });
}

test('sessions of all policies, and those that know no encryption, make one swarm', async () => {
  const swarm = new Swarm({ seed: 2, latency: 20, torrent: { files: [2 * MB] } });
  await swarm.addSeed({ up: MB, encryption: 'prefer' });
  const policies = ['required', undefined, 'plaintext', 'prefer', 'required', undefined] as const;
  const leechers = await swarm.addLeechers(6, (i) => ({ up: 300 * KB, down: MB, encryption: policies[i] }));
  let encrypted = 0;
  while (swarm.clock.now() < MINUTE && !leechers.every(({ isComplete }) => isComplete)) {
    await swarm.run(500);
    for (const [i, member] of leechers.entries()) {
      const protections = protectionsOf(member);
      encrypted += protections.filter((protection) => protection !== null).length;
      if (policies[i] === 'required') assert.ok(protections.every((protection) => protection !== null));
      if (policies[i] === undefined) assert.ok(protections.every((protection) => protection === null));
    }
  }
  await swarm.untilComplete({ within: 5 * MINUTE });
  await swarm.assertBitExact();
  assert.ok(encrypted > 0);
});

test('who requires encryption and who knows none never meet', async () => {
  const swarm = new Swarm({ seed: 3, torrent: { files: [MB] } });
  const seed = await swarm.addSeed({ encryption: 'required' });
  const [plain] = await swarm.addLeechers(1);
  await swarm.run(10 * MINUTE);
  assert.equal(plain?.torrent.status().piecesHave, 0);
  assert.equal(seed.torrent.status().uploaded, 0);
});

test('an encrypted swarm outlives resets and a partition', async () => {
  const swarm = new Swarm({ seed: 4, latency: 20, encryption: 'required', torrent: { files: [4 * MB] } });
  const seed = await swarm.addSeed({ up: 500 * KB });
  const [one, two] = (await swarm.addLeechers(2, { up: 500 * KB, down: MB })) as [SwarmMember, SwarmMember];
  await swarm.run(2000);
  assert.ok(swarm.network.reset(seed.host) > 0);
  await swarm.run(2000);
  swarm.network.partition([one.host], [seed.host, two.host]);
  await swarm.run(5000);
  swarm.network.heal([one.host], [seed.host, two.host]);
  await swarm.untilComplete({ within: 10 * MINUTE });
  await swarm.assertBitExact();
});

/** Strangers to a session: how many were there at once, and what was said to them. */
class Strangers {
  open = 0;
  mostOpen = 0;
  heard: ByteCount = 0;
  readonly #random = seededRandom(8);

  /** Connects from a host, sends garbage or nothing, and listens until it is closed. */
  async come(from: SimHost, to: SimHost): Promise<void> {
    const connection: Connection = await from.transport.dial({ host: to.address, port: 6881 });
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    connection.open({
      data: (view) => void (this.heard += view.length),
      drain: () => {},
      close: () => void this.open--,
    });
    connection.send(this.#random.bytes(this.#random.below(1500)));
  }
}

test('ten thousand strangers with garbage cost little, and those who are welcome come through', async () => {
  const swarm = new Swarm({ seed: 5, latency: 20, encryption: 'prefer', torrent: { files: [8 * MB] } });
  const seed = await swarm.addSeed({ up: 500 * KB });
  const strangers = new Strangers();
  const hosts = Array.from({ length: 100 }, (_, i) => swarm.network.host(`10.7.0.${i + 1}`));
  for (let i = 0; i < 10_000; i++) {
    const from = hosts[i % hosts.length] as SimHost;
    swarm.clock.after(i * 2, () => void strangers.come(from, seed.host));
  }
  await swarm.run(5000);
  const [leecher] = (await swarm.addLeechers(1, { up: 500 * KB, down: MB })) as [SwarmMember];
  await swarm.untilComplete({ within: 2 * MINUTE, members: [leecher] });
  await swarm.assertBitExact();
  await swarm.run(30_000);
  // Those on their way to the entrance, or turned away and not yet told, come on top of the 256 that it holds.
  assert.ok(strangers.mostOpen < 256 + 64, `${strangers.mostOpen} were there at a time`);
  assert.equal(strangers.open, 0);
  // 250 answers a second of a public key and half of the longest pad.
  assert.ok(strangers.heard < 21 * 250 * (96 + 280), `${strangers.heard} bytes were said to strangers`);
  assert.ok(strangers.heard > 0);
});
