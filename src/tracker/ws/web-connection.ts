/** A WebSocket as the front sees it: what is sent to it, and the peers that announce over it. */
import { setHost } from '../client-address.ts';
import { HostAddress } from '../swarm-store.ts';
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

/** Where a connection comes from. */
export interface WebOrigin {
  /** Address of the client, behind trusted proxies. */
  readonly host: string;
  /** In the path that it asked for; empty: none. */
  readonly passkey: string;
}

export class WebConnection {
  readonly client: WebClient;
  readonly address: HostAddress = new HostAddress();
  readonly passkey: string;
  /** Usually one: clients of one process share a connection. Null before the first announce. */
  peers: WebPeer[] | null = null;
  /** Bad messages in a row. */
  faults = 0;
  isClosed = false;

  constructor(client: WebClient, { host, passkey }: WebOrigin) {
    this.client = client;
    this.passkey = passkey;
    setHost(this.address, host);
  }
}
