/**
 * Accepted sockets that read into the shared buffer. Node offers `onread` (one reused buffer, no allocation a read)
 * only where the socket is constructed by us, and `net.Server` constructs accepted ones itself. So the native handle
 * of the accepted socket is moved into a socket of ours. The `handle` option takes native handles but is not
 * documented to, therefore every step is checked, and where one is missing the socket stays as it is and delivers
 * `data` events: slower, otherwise the same (docs/adr/0005).
 */
import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';

/** The parts of a socket's native handle that tell whether it can be moved. */
interface NativeHandle {
  readonly useUserBuffer?: unknown;
  readonly readStart?: unknown;
}
type WithHandle = { _handle?: NativeHandle | null };

/**
 * A socket that owns the connection of `accepted` and reads by `onread`, or null when this Node cannot do so (then
 * `accepted` is untouched). `accepted` must come from a server with `pauseOnConnect`, so that nothing was read yet.
 */
export function adoptAccepted(accepted: Socket, onread: OnReadOpts, options: SocketConstructorOpts): Socket | null {
  const handle = (accepted as WithHandle)._handle;
  if (typeof handle?.useUserBuffer !== 'function' || typeof handle.readStart !== 'function') return null;
  const socket = new Socket({ ...options, onread, handle } as unknown as SocketConstructorOpts);
  if ((socket as WithHandle)._handle !== handle) {
    socket.destroy();
    return null;
  }
  socket.pause();
  (accepted as WithHandle)._handle = null;
  accepted.destroy();
  return socket;
}
