/**
 * The socket for the command line of the same user. Whoever can connect may do everything, so nobody else ever can: it
 * is made with the rights 0600, not given them afterwards.
 */
import { once } from 'node:events';
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { codeOf, messageOf } from '../../base/errors.ts';
import { socketError } from './errors.ts';

/** What the kernels have room for besides the closing zero: Linux 107, macOS 103. */
const LONGEST_PATH = 103;
const OWNER_ONLY = 0o600;

/** Lets a server listen at a path. Rejects SOCKET_IN_USE, SOCKET_FAILED. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw socketError('SOCKET_FAILED', `the path is too long: ${path}`);
  await removeStale(path);
  const listening = once(server, 'listening');
  // The system makes the socket within `listen`, before anything else can happen.
  const before = process.umask(0o177);
  try {
    server.listen({ path });
  } finally {
    process.umask(before);
  }
  try {
    await listening;
    chmodSync(path, OWNER_ONLY);
  } catch (cause) {
    throw socketError('SOCKET_FAILED', `cannot listen at ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** Takes the socket away that a program left which did not end in order. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw socketError('SOCKET_IN_USE', `${path} is no socket`);
  if (await isAnswering(path)) throw socketError('SOCKET_IN_USE', `another program listens at ${path}`);
  rmSync(path, { force: true });
}

async function isAnswering(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    // Only this says that nobody is there; whoever is too busy, or not for us, is.
    return codeOf(error) !== 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}
