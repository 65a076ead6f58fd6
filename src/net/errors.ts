import { addressKey, type PeerAddress } from '../base/address.ts';
import { codeOf, type DstError, errorsOf, messageOf } from '../base/errors.ts';

export const netErrors = {
  NET_PORT_IN_USE: {
    category: 'network',
    help: 'Another program listens on this port. Choose another with --port, or 0 for any free one.',
  },
  NET_LISTEN_FAILED: {
    category: 'network',
    help: 'The address could not be opened for listening. Check that it belongs to this machine and that the port is allowed.',
  },
  NET_CONNECT_FAILED: {
    category: 'network',
    retryable: true,
    help: 'The remote address did not accept the connection. It is tried again later.',
  },
  NET_CONNECT_TIMEOUT: {
    category: 'network',
    retryable: true,
    help: 'The remote address did not answer in time. It is tried again later.',
  },
} as const;

export const netError: ReturnType<typeof errorsOf<typeof netErrors>> = errorsOf(netErrors);

/** What the system says when an address cannot be listened on, as NET_PORT_IN_USE or NET_LISTEN_FAILED. */
export function listenError(address: PeerAddress, cause: unknown): DstError {
  const code = codeOf(cause) === 'EADDRINUSE' ? 'NET_PORT_IN_USE' : 'NET_LISTEN_FAILED';
  return netError(code, `cannot listen on ${addressKey(address)}: ${messageOf(cause)}`, { cause });
}
