/** A WebSocket of the tracker. Thousands are open at a time, mostly idle, so that it has few fields and no closures. */
import { WebSocket } from 'ws';
import type { ByteCount } from '../../../base/units.ts';
import type { WebClient, WebConnection } from '../../../tracker/index.ts';
import type { CountedHost } from './host-counts.ts';

/** Bytes that may wait for a client: who is further behind is not reading. */
const MOST_WAITING: ByteCount = 256 * 1024;
/** Status of a connection that broke the rules (RFC 6455, 7.4.1). */
const POLICY_VIOLATION = 1008;

export class TrackerSocket extends WebSocket implements WebClient {
  connection: WebConnection | null = null;
  countedHost: CountedHost = null;
  /** Something came since it was last looked at. */
  isHeard = true;

  override send(message: string): void {
    if (this.readyState !== WebSocket.OPEN) return;
    if (this.bufferedAmount > MOST_WAITING) this.terminate();
    else super.send(message);
  }

  drop(): void {
    this.close(POLICY_VIOLATION);
  }
}
