/**
 * Port 0 is any port that is free. Who needs one twice, for both address families or for TCP and UDP, is given it by the
 * system for the first of them alone: at the second somebody else may have it, and then another is looked for.
 */
import { codeOf } from '../base/errors.ts';

/** Ports that are tried before it is told that they are in use. */
const MOST_TRIES = 10;

/**
 * Opens all that needs the same port, again and at another one where `port` is 0 and that rejects NET_PORT_IN_USE.
 * `open` leaves nothing open when it rejects.
 */
export async function withAnyPort<T>(port: number, open: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await open();
    } catch (error) {
      if (port !== 0 || tries === MOST_TRIES || codeOf(error) !== 'NET_PORT_IN_USE') throw error;
    }
  }
}
