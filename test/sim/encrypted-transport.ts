/** A transport of the simulation under Noise and Message Stream Encryption, as sessions have it, its keys drawn from the seeded generator. */
import type { Clock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import type { Random } from '../../src/base/random.ts';
import { nodeDigests } from '../../src/crypto/digests.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import type { Transport } from '../../src/net/index.ts';
import { mse } from '../../src/net/mse/index.ts';
import { noise, type PeerIdentities } from '../../src/net/noise/index.ts';
import { type EncryptionPolicy, protect } from '../../src/net/protection/index.ts';
import { seededKeys } from '../net/seeded-keys.ts';

export function encryptedTransport(
  transport: Transport,
  policy: EncryptionPolicy,
  options: { clock: Clock; random: Random; logger?: Logger; identities?: PeerIdentities | undefined },
): Transport {
  const { clock, random, logger = silentLogger, identities } = options;
  const protections = [
    noise({ primitives: nodePrimitives, random, identities }),
    mse({ policy, random, digests: nodeDigests, keys: seededKeys(random) }),
  ];
  return protect(transport, { protections, policy, clock, logger });
}
