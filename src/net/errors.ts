import { addressKey, type PeerAddress } from '../base/address.ts';
import { codeOf, type DstError, errorsOf, messageOf } from '../base/errors.ts';

export const netErrors = {
  NET_PORT_IN_USE: {
    category: 'network',
    help: 'Another program listens on this port. Choose another with --port (for the API of the daemon --api-port), or 0 for any free one.',
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
  NET_INTERFACE_DOWN: {
    category: 'network',
    retryable: true,
    help: 'The network interface by which everything has to leave is not there, is down, or has no address. Nothing of torrents is sent until it is back; then they go on by themselves.',
  },
  NET_INTERFACE_ROUTE: {
    category: 'security',
    retryable: true,
    help: "By the routes of this machine, what the system itself answers from the interface's address would leave by another one, so that nothing is opened there. The message has the commands that make a rule; `dst leaktest` shows the rest.",
  },
  NET_INTERFACE_UNSUPPORTED: {
    category: 'usage',
    help: 'Sockets can be bound to a network interface on Linux, with a Node.js that has node:ffi (26.1 or later). Elsewhere run dst where there is no other interface, as in a network namespace or a container.',
  },
  NET_LOOKUP_FAILED: {
    category: 'network',
    retryable: true,
    help: 'A name could not be looked up by the network interface to which torrents are bound. Give name servers that can be reached there: peers.nameServers, or --name-server.',
  },
  NET_PROTECTION_FAILED: {
    category: 'network',
    retryable: true,
    help: 'The other side did not go through the handshake of an encrypted connection: it does not know it, does not have the torrent, or ended the connection. With --encryption required or --tls-pin it cannot be connected to.',
  },
  NET_IMPOSTOR: {
    category: 'security',
    retryable: true,
    help: 'Who answered, or came, does not have the keys of the secure connection that it began: it cannot read the sealed torrent, it stands between two who can, or it is not who it says. Nothing of the torrent was told to it.',
  },
  NET_TRUNCATED: {
    category: 'security',
    retryable: true,
    help: 'A secure connection ended within a message: it broke, or somebody cut it. What came of that message was not used.',
  },
  NET_TAMPERED: {
    category: 'security',
    retryable: true,
    help: 'What came over a secure connection was altered on its way, so the connection was ended; nothing of it was used.',
  },
  NET_INSECURE_REFUSED: {
    category: 'security',
    help: 'A peer came over a connection that is not secure to a sealed torrent whose author demands secure ones, or over one that was made for another torrent; it was closed.',
  },
  NET_IDENTITY_REFUSED: {
    category: 'security',
    help: 'A peer of a torrent that is exchanged with some only (--only-with) has not proved to be one of them; the connection was closed. Ask its owner to prove an identity (--as), and compare fingerprints; a key that was replaced does not count.',
  },
  NET_PLAINTEXT_REFUSED: {
    category: 'security',
    help: 'A peer came with an unencrypted connection although encryption is required; it was closed. With --encryption prefer, and without --tls-pin, such peers are welcome.',
  },
  NET_TOO_MANY_STRANGERS: {
    category: 'network',
    retryable: true,
    help: 'More connections came in than are greeted at once, or their handshakes took more time than all, or one host, may have; the newest was closed. Peers try again by themselves.',
  },
} as const;

export const netError: ReturnType<typeof errorsOf<typeof netErrors>> = errorsOf(netErrors);

/** What the system says when an address cannot be listened on, as NET_PORT_IN_USE or NET_LISTEN_FAILED. */
export function listenError(address: PeerAddress, cause: unknown): DstError {
  const code = codeOf(cause) === 'EADDRINUSE' ? 'NET_PORT_IN_USE' : 'NET_LISTEN_FAILED';
  return netError(code, `cannot listen on ${addressKey(address)}: ${messageOf(cause)}`, { cause });
}
