/**
 * Test support: a port for who has to know it before it is used, or uses it once more. The system hands ports out from
 * 32768 on (Linux) or 49152 on, to whoever listens or dials: one of those may be taken meanwhile by any other test.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** First and behind the last that are drawn. */
const RANGE = [10_000, 32_000] as const;

/** A TCP port that nobody listens on at 127.0.0.1. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...RANGE);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
