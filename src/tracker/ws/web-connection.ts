/** A WebSocket as the front sees it: what is sent to it, and the peers that announce over it. */
import type { PendingOffers } from './pending-offers.ts';

/** The far end. */
export interface WebClient {
  send(message: string): void;
  /** Closes the connection, which breaks the rules. */
  drop(): void;
}

/** One peer id on one connection. */
export class WebPeer {
  readonly number: number;
  readonly id: string;
  readonly client: WebClient;
  /** Info hashes of the swarms that it is in. A list, because nearly all peers are in one or two. */
  readonly swarms: string[] = [];
  /** Made when the first offer comes. */
  offers: PendingOffers | null = null;

  constructor(number: number, id: string, client: WebClient) {
    this.number = number;
    this.id = id;
    this.client = client;
  }
}

export class WebConnection {
  readonly client: WebClient;
  /** Usually one: clients of one process share a connection. Null before the first announce. */
  peers: WebPeer[] | null = null;
  /** Bad messages in a row. */
  faults = 0;
  isClosed = false;

  constructor(client: WebClient) {
    this.client = client;
  }
}
