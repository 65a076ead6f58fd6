/**
 * Message Stream Encryption (MSE, also called protocol encryption, PE): what most clients speak besides plaintext. It
 * keeps a stream from looking like BitTorrent to simple filters, and lets peers in that take nothing else. It is no
 * secrecy: who knows the info hash can pose as either side, and RC4 and the small group do the rest (ADR 0013).
 */
import type { Digests } from '../../base/digests.ts';
import { messageOf } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { netError } from '../errors.ts';
import type { EncryptionPolicy, Protection } from '../protection/index.ts';
import type { ServedSwarms } from '../transport.ts';
import { KEY_LENGTH, type KeyPair, KeyPool, type KeySource } from './dh.ts';
import { Crypto, type CryptoMethod, initiate, respond } from './handshake.ts';
import { MseConnection } from './mse-connection.ts';
import { SwarmIndex } from './swarm-index.ts';

export interface MseOptions {
  readonly policy: EncryptionPolicy;
  readonly random: Random;
  readonly digests: Digests;
  /** Default: OpenSSL's, made ahead. */
  readonly keys?: KeySource;
}

/** What we take of what a dialler offers, the best first; as Transmission does under the like policies. */
const methodsOf: Readonly<Record<EncryptionPolicy, readonly CryptoMethod[]>> = {
  plaintext: [Crypto.plaintext, Crypto.rc4],
  prefer: [Crypto.rc4, Crypto.plaintext],
  required: [Crypto.rc4],
};

/** The protection; it stands last of several, because any bytes may be the beginning of its handshake. */
export function mse(options: MseOptions): Protection {
  const { policy, random, digests, keys = new KeyPool() } = options;
  const methods = methodsOf[policy];
  const indexes = new WeakMap<ServedSwarms, SwarmIndex>();
  const indexOf = (swarms: ServedSwarms): SwarmIndex => {
    const index = indexes.get(swarms) ?? new SwarmIndex(swarms, digests);
    indexes.set(swarms, index);
    return index;
  };
  return {
    name: 'mse',
    handshakeCost: 200,
    openingLength: () => KEY_LENGTH,
    async accept(connection, swarms) {
      const side = { keys: await pairOf(keys), random, digests, methods };
      const infoHashOf = (name: Uint8Array): Uint8Array | null => indexOf(swarms).find(name);
      return MseConnection.establish(connection, (send) => respond({ ...side, infoHashOf, send }));
    },
    async dial(connection, { infoHash, greeting = new Uint8Array(0) }) {
      if (infoHash === undefined) throw netError('NET_PROTECTION_FAILED', 'it needs an info hash');
      const side = { keys: await pairOf(keys), random, digests, infoHash, greeting };
      return MseConnection.establish(connection, (send) => initiate({ ...side, send }));
    },
  };
}

/** An OpenSSL may be configured to refuse so small a group. */
async function pairOf(keys: KeySource): Promise<KeyPair> {
  try {
    return await keys.take();
  } catch (cause) {
    throw netError('NET_PROTECTION_FAILED', `no key pair: ${messageOf(cause)}`, { cause });
  }
}
