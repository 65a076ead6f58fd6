/** Errors of serving the APIs; those of TCP ports are NET_*. */
import { errorsOf } from '../../base/errors.ts';

export const socketErrors = {
  SOCKET_IN_USE: {
    category: 'usage',
    help: 'Another program listens at the path of the socket, or a file is there that is no socket. End it, remove it, or choose another path.',
  },
  SOCKET_FAILED: {
    category: 'network',
    help: 'The socket for the command line could not be made. Check that its folder exists and is yours, and that the path has no more than 100 bytes.',
  },
} as const;

export const socketError: ReturnType<typeof errorsOf<typeof socketErrors>> = errorsOf(socketErrors);
