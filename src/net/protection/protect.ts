/**
 * A transport whose connections are protected, by policy, over one that does not protect them. Plain peers and
 * protected ones come in through the same port; whoever is dialled is first offered the protections, one after the
 * other, and plaintext at the end, each with a connection of its own (what a peer does not know, it hangs up on).
 */
import { addressKey, type PeerAddress } from '../../base/address.ts';
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Micros, Millis } from '../../base/units.ts';
import { netError } from '../errors.ts';
import type { Connection, DialOptions, Listener, ServedSwarms, Transport } from '../transport.ts';
import { Entrance } from './entrance.ts';
import type { EncryptionPolicy, Protection } from './protection.ts';

export interface ProtectOptions {
  /** In the order in which they are offered, and looked for in what comes in: what takes everything stands last. */
  readonly protections: readonly Protection[];
  readonly policy: EncryptionPolicy;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a handshake may take, ms; default 10 s. */
  readonly timeout?: Millis;
  /** CPU time of this thread so far; left out: handshakes cost what they are said to. */
  readonly threadTime?: () => Micros;
}

const noSwarms: ServedSwarms = { revision: 0, infoHashes: () => [], secretOf: () => null };

/** What a remote is offered, the first first, and whether plaintext is the last of it. */
function offers(
  { protections, policy }: ProtectOptions,
  { secret, isKnownSecure = false }: DialOptions,
): { readonly offered: readonly Protection[]; readonly endsInPlaintext: boolean } {
  const ofMembers = protections.filter(({ provesSwarm = false }) => provesSwarm);
  if (isKnownSecure || secret?.transport === 'required') return { offered: ofMembers, endsInPlaintext: false };
  const first = secret?.transport === 'prefer' ? ofMembers : [];
  const others = policy === 'plaintext' ? [] : protections.filter(({ provesSwarm = false }) => !provesSwarm);
  return { offered: [...first, ...others], endsInPlaintext: policy !== 'required' };
}

export function protect(transport: Transport, options: ProtectOptions): Transport {
  return {
    dial: (address, dialOptions) => dial(transport, options, address, dialOptions),
    listen: (address, onConnection, swarms) => listen(transport, options, address, onConnection, swarms),
  };
}

async function dial(
  transport: Transport,
  options: ProtectOptions,
  address: PeerAddress,
  dialOptions: DialOptions = {},
): Promise<Connection> {
  const { logger } = options;
  const { signal } = dialOptions;
  const { offered, endsInPlaintext } = offers(options, dialOptions);
  let failure: unknown = netError('NET_PROTECTION_FAILED', 'no protection is known');
  for (const protection of offered) {
    const connection = await transport.dial(address, signal === undefined ? {} : { signal });
    try {
      return await handshake(connection, protection, options, dialOptions);
    } catch (error) {
      connection.close();
      signal?.throwIfAborted();
      const code = codeOf(error);
      const fields = { address: addressKey(address), protection: protection.name, code, reason: messageOf(error) };
      if (code !== 'NET_PROTECTION_FAILED') {
        logger.info('peer refused', fields);
        throw error;
      }
      failure = error;
      logger.debug('protected handshake failed', fields);
    }
  }
  if (!endsInPlaintext) throw failure;
  return transport.dial(address, dialOptions);
}

async function handshake(
  connection: Connection,
  protection: Protection,
  { clock, timeout = 10_000 }: ProtectOptions,
  dialOptions: DialOptions,
): Promise<Connection> {
  const { signal } = dialOptions;
  const close = (): void => connection.close();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', close, { once: true });
  using _deadline = clock.after(timeout, close);
  try {
    return await protection.dial(connection, dialOptions);
  } finally {
    signal?.removeEventListener('abort', close);
  }
}

async function listen(
  transport: Transport,
  { protections, policy, clock, logger, timeout = 10_000, threadTime = () => 0 }: ProtectOptions,
  address: PeerAddress,
  onConnection: (connection: Connection) => void,
  swarms: ServedSwarms = noSwarms,
): Promise<Listener> {
  const refusesPlaintext = policy === 'required';
  const common = { protections, clock, logger, timeout, threadTime };
  const entrance = new Entrance({ ...common, refusesPlaintext, swarms, onConnection });
  const listener = await transport.listen(address, (connection) => entrance.enter(connection));
  return {
    get address() {
      return listener.address;
    },
    close: () => {
      entrance.close();
      return listener.close();
    },
  };
}
