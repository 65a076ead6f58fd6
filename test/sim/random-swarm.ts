/**
 * A small swarm in which everything that can go wrong may go wrong, drawn from a seed: slow and unreachable peers,
 * disks that are slow, full or corrupt, peers that come, leave, crash and are cut off. One good seed stays throughout.
 */
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { ByteCount, Millis } from '../../src/base/units.ts';
import { disk } from './sim-disk.ts';
import { type MemberOptions, Swarm, type SwarmMember } from './swarm.ts';

/** Virtual time in which every swarm must be complete; the slowest draws need about a tenth of it. */
const LIMIT: Millis = 3_600_000;
/** Churn happens within this time. */
const CHURN_TIME: Millis = 60_000;

export interface Outcome {
  readonly swarm: Swarm;
  /** Payload received, and how much of it twice, over all members. */
  readonly received: ByteCount;
  readonly duplicates: ByteCount;
  /** Innocent members that somebody banned. */
  readonly wronglyBanned: readonly string[];
}

/** Runs the swarm of a seed to its end. Rejects when it stalls or when a byte is wrong. */
export async function runRandomSwarm(seed: number): Promise<Outcome> {
  const draw = new Draw(seededRandom(seed));
  const swarm = new Swarm({
    seed,
    latency: draw.between(2, 150),
    jitter: draw.between(0, 50),
    loss: draw.between(0, 20) / 1000,
    torrent: {
      files: Array.from({ length: draw.between(1, 4) }, () => draw.between(1, 3_000_000)),
      pieceLength: 16_384 * 2 ** draw.between(0, 3),
      version: draw.among(['v1', 'v2', 'hybrid']),
    },
  });
  await swarm.addSeed({ up: draw.between(100, 2000) * 1000 });
  const bad = new Set<string>();
  for (let i = draw.between(0, 2); i > 0; i--) {
    const share = draw.between(5, 100) / 100;
    const liar = await swarm.addSeed({ up: draw.between(100, 2000) * 1000, disk: disk().corrupt(share) });
    bad.add(liar.host.address);
  }
  const leechers = await swarm.addLeechers(draw.between(2, 6), () => leecher(draw));
  const full = draw.happens(0.2) ? await swarm.addMember({ disk: disk().full(draw.between(0, 500_000)) }) : null;
  await churn(swarm, leechers, draw);
  await swarm.untilComplete({ within: LIMIT, members: swarm.members.filter((member) => member !== full) });
  await swarm.assertBitExact();
  return { swarm, ...totals(swarm), wronglyBanned: bannedBy(swarm.members).filter((host) => !bad.has(host)) };
}

class Draw {
  readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** An integer, both ends included. */
  between(low: number, high: number): number {
    return low + this.random.below(high - low + 1);
  }

  happens(chance: number): boolean {
    return this.random.below(1_000_000) < chance * 1_000_000;
  }

  among<T>(items: readonly T[]): T {
    return items[this.random.below(items.length)] as T;
  }
}

function leecher(draw: Draw): MemberOptions {
  const isSlowDisk = draw.happens(0.2);
  return {
    up: draw.between(20, 1000) * 1000,
    down: draw.between(50, 4000) * 1000,
    isReachable: !draw.happens(0.2),
    isMagnet: draw.happens(0.3),
    disk: isSlowDisk ? disk().slow({ seek: draw.between(0, 100), rate: draw.between(50, 1000) * 1000 }) : disk(),
  };
}

/** Some events at random moments, one after the other. */
async function churn(swarm: Swarm, leechers: readonly SwarmMember[], draw: Draw): Promise<void> {
  const moments = Array.from({ length: draw.between(0, 5) }, () => draw.between(0, CHURN_TIME));
  for (const moment of moments.toSorted((a, b) => a - b)) {
    await swarm.run(Math.max(0, moment - swarm.clock.now()));
    const victim = draw.among(leechers);
    switch (draw.between(0, 4)) {
      case 0:
        await swarm.addMember(leecher(draw));
        break;
      case 1:
        if (victim.isPresent) await swarm.leave(victim);
        break;
      case 2:
        if (victim.isPresent) await swarm.crash(victim);
        break;
      case 3:
        swarm.network.reset(victim.host);
        break;
      default:
        cutOff(swarm, victim, draw.between(1000, 200_000));
    }
  }
}

/** Partitions a member from all others for a while. */
function cutOff(swarm: Swarm, member: SwarmMember, duration: Millis): void {
  const others = swarm.members.filter((other) => other !== member).map(({ host }) => host);
  swarm.network.partition(member.host, others);
  swarm.clock.after(duration, () => swarm.network.heal(member.host, others));
}

function totals(swarm: Swarm): { received: ByteCount; duplicates: ByteCount } {
  let [received, duplicates] = [0, 0];
  for (const member of swarm.members) {
    const { downloaded, wasted } = member.torrent.status();
    received += downloaded;
    duplicates += wasted - member.failedBytes;
  }
  return { received, duplicates };
}

const bannedBy = (members: readonly SwarmMember[]): string[] => members.flatMap(({ banned }) => banned);
