import { errorsOf } from '../../base/errors.ts';

export const trackerErrors = {
  TRACKER_BAD_URL: {
    category: 'usage',
    help: 'The tracker address is not a URL with a host (and, for udp, a port). Correct it in the torrent, for instance with "dst edit".',
  },
  TRACKER_UNSUPPORTED_SCHEME: {
    category: 'usage',
    help: 'Trackers are spoken to over http, https and udp. This one is left out; the others of the torrent are used.',
  },
  TRACKER_UNKNOWN_HOST: {
    category: 'network',
    retryable: true,
    help: 'The name of the tracker could not be resolved. Check the name and the name server; it is tried again later.',
  },
  TRACKER_FORBIDDEN_ADDRESS: {
    category: 'security',
    help: 'A torrent may not make this machine fetch pages of local services: a tracker at a local address must have "announce" in its path, and one that cannot be a host is refused.',
  },
  TRACKER_DENIED: {
    category: 'protocol',
    retryable: true,
    help: 'The host says in DNS (BEP 34) that it runs no tracker, or only ones without the encryption that an https address asks for. It was not contacted; if the record stays, take the tracker out of the torrent, for instance with "dst edit".',
  },
  TRACKER_UNREACHABLE: {
    category: 'network',
    retryable: true,
    help: 'The tracker could not be reached. It may be down, or a firewall is in the way; it is tried again later.',
  },
  TRACKER_TIMEOUT: {
    category: 'network',
    retryable: true,
    help: 'The tracker did not answer in time. It is tried again later, less often each time.',
  },
  TRACKER_TLS: {
    category: 'security',
    retryable: true,
    help: 'The certificate of the tracker is not valid, so that it was not told anything. Only its operator can mend that.',
  },
  TRACKER_HTTP_STATUS: {
    category: 'network',
    retryable: true,
    help: 'The web server answered with an error instead of a tracker reply. The tracker may be gone or overloaded; it is tried again later.',
  },
  TRACKER_REDIRECT: {
    category: 'protocol',
    retryable: true,
    help: 'The tracker redirected too often, or to something that is no http address this client may contact.',
  },
  TRACKER_TOO_LARGE: {
    category: 'protocol',
    retryable: true,
    help: 'The tracker sent a reply larger than any genuine one, perhaps after decompression. It was dropped unread.',
  },
  TRACKER_BAD_REPLY: {
    category: 'protocol',
    retryable: true,
    help: 'What came back is not a tracker reply. Perhaps another server lives at this address now.',
  },
  TRACKER_REFUSED: {
    category: 'protocol',
    retryable: true,
    help: 'The tracker itself refused and said why, for instance because it does not know the torrent or wants an account.',
  },
  TRACKER_STOPPED: { category: 'usage', help: 'The torrent was stopped while the tracker was being asked.' },
} as const;

export type TrackerErrorCode = keyof typeof trackerErrors;

export const trackerError: ReturnType<typeof errorsOf<typeof trackerErrors>> = errorsOf(trackerErrors);
