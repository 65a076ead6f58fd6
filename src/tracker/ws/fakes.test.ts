/** Test support: threads with WebSocket fronts over one table, without sockets. */
import assert from 'node:assert/strict';
import { toBinary } from '../../base/bytes.ts';
import { AnnounceRules, defaultRules, type RuleOptions } from '../announce-rules.ts';
import { hashOf, newMemory, tableOn } from '../fakes.test.ts';
import type { Tick } from '../swarm-store.ts';
import type { SwarmTable } from '../table/swarm-table.ts';
import type { TableMemory } from '../table/table-memory.ts';
import type { WebRelay } from './relay.ts';
import type { WebClient, WebConnection, WebOrigin } from './web-connection.ts';
import { WebFront } from './web-front.ts';

export type Message = Readonly<Record<string, unknown>>;

/** Info hash and peer id as the protocol writes them. */
export const webHash = (swarm: number): string => toBinary(hashOf(swarm));
export const webId = (peer: number | string): string => `-WW0001-${peer}`.padEnd(20, '\xff');

export const offerOf = (name: string): Message => ({
  offer: { type: 'offer', sdp: `offer ${name}` },
  offer_id: name.padEnd(20, '.'),
});

/** One client on one connection. */
export class FakeBrowser implements WebClient {
  readonly id: string;
  readonly got: Message[] = [];
  isDropped = false;
  readonly #front: WebFront;
  readonly #connection: WebConnection;

  constructor(front: WebFront, id: string, origin: Partial<WebOrigin> = {}) {
    this.id = id;
    this.#front = front;
    this.#connection = front.connect(this, { host: '192.0.2.1', passkey: '', ...origin });
  }

  send(message: string): void {
    this.got.push(JSON.parse(message) as Message);
  }

  drop(): void {
    this.isDropped = true;
  }

  say(message: unknown): void {
    this.#front.receive(this.#connection, typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** An announce to swarm 0, downloading, unless told otherwise. */
  announce(changes: Message = {}): void {
    const { swarm = 0, ...rest } = changes;
    const base = { action: 'announce', info_hash: webHash(swarm as number), peer_id: this.id };
    this.say({ ...base, uploaded: 0, downloaded: 0, left: 1, numwant: 10, ...rest });
  }

  answer(offer: Message, changes: Message = {}): void {
    const { info_hash, peer_id, offer_id } = offer;
    const answer = { type: 'answer', sdp: `answer of ${this.id}` };
    this.say({ action: 'announce', info_hash, peer_id: this.id, to_peer_id: peer_id, offer_id, answer, ...changes });
  }

  leave(): void {
    this.#front.disconnect(this.#connection);
  }

  /** Takes what came. */
  take(): Message[] {
    return this.got.splice(0);
  }

  get offers(): Message[] {
    return this.got.filter((message) => message['offer'] !== undefined);
  }

  get answers(): Message[] {
    return this.got.filter((message) => message['answer'] !== undefined);
  }
}

/** A tracker of several threads. */
export class FakeTracker {
  readonly memory: TableMemory;
  readonly table: SwarmTable;
  readonly rules: AnnounceRules;
  readonly fronts: readonly WebFront[];
  /** What went from thread to thread. */
  readonly relays: WebRelay[] = [];
  tick: Tick = 1000;

  constructor(threads = 1, rules: Partial<RuleOptions> = {}, options: Partial<SwarmTable['options']> = {}) {
    const memory = newMemory();
    this.memory = memory;
    this.rules = new AnnounceRules({ ...defaultRules, ...rules });
    this.table = tableOn(memory, options);
    const tick = (): Tick => this.tick;
    this.fronts = Array.from({ length: threads }, (_, thread) => {
      const relay = (one: WebRelay): void => {
        assert.notEqual(one.to.thread, thread, 'what is for the own thread stays there');
        this.relays.push(structuredClone(one));
        this.fronts[one.to.thread]?.receiveRelay(one);
      };
      return new WebFront({ swarms: tableOn(memory, options, thread + 7), rules: this.rules, tick, thread, relay });
    });
  }

  /** A client of that name, on a thread. */
  browser(name: number | string, thread = 0): FakeBrowser {
    return new FakeBrowser(this.fronts[thread] as WebFront, webId(name));
  }
}
