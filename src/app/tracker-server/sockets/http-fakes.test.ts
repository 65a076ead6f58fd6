/** The HTTP port of a tracker for tests, with a store that can be made to wait, and clients that do as they like. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { SimClock } from '../../../../test/sim/sim-clock.ts';
import { seededRandom } from '../../../base/random.ts';
import {
  AnnounceRules,
  Arena,
  defaultRules,
  HttpFront,
  type SwarmStore,
  SwarmTable,
  TableMemory,
} from '../../../tracker/index.ts';
import type { ControlHandler } from '../../tracker-api/index.ts';
import type { Certificate } from '../../served-certificate/index.ts';
import { ControlBudget } from './control-budget.ts';
import { ControlServer } from './control.ts';
import { HttpListener } from './http-listener.ts';
import { TrustedProxies } from './trusted-proxies.ts';

/** Takes down what it receives. */
export class Client<S extends Socket = Socket> {
  readonly socket: S;
  text = '';

  constructor(socket: S) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      this.text += data.toString('latin1');
    });
  }

  /** Resolves when so many responses have come. */
  async responses(count: number): Promise<void> {
    while (this.text.split('HTTP/1.1 ').length - 1 < count) await once(this.socket, 'data');
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve));
  }
}

export interface TestPort {
  readonly clock: SimClock;
  readonly listener: HttpListener;
  readonly control: ControlServer;
  /** Store that answers at once until `hold` is called; then `release` answers all that wait. */
  readonly store: HeldStore;
  /** A connection without TLS. */
  open(): Client;
  /** A connection whose handshake has not begun yet; it looks at no certificate. */
  openTls(): Client<TLSSocket>;
}

class HeldStore implements SwarmStore {
  waiting = 0;
  readonly #store: SwarmStore;
  #held: Promise<void> | null = null;
  #release = (): void => {};

  constructor(store: SwarmStore) {
    this.#store = store;
  }

  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
    this.#held = null;
  }

  announce(...values: Parameters<SwarmStore['announce']>): Promise<void> | undefined {
    return this.#later(() => this.#store.announce(...values));
  }

  scrape(...values: Parameters<SwarmStore['scrape']>): Promise<void> | undefined {
    return this.#later(() => this.#store.scrape(...values));
  }

  #later(answer: () => Promise<void> | undefined): Promise<void> | undefined {
    if (this.#held === null) return answer();
    this.waiting++;
    return this.#held.then(() => {
      this.waiting--;
      return answer();
    });
  }
}

interface PortOptions {
  readonly certificate?: Certificate;
  readonly control?: ControlHandler;
  readonly budget?: ControlBudget;
}

const sayHello: ControlHandler = ({ method, target, body }) =>
  Promise.resolve({ status: 200, headers: {}, body: `${method} ${target} ${body.length}` });

/** Ends with the test. */
export async function listen(t: TestContext, options: PortOptions = {}): Promise<TestPort> {
  const clock = new SimClock();
  const memory = TableMemory.create(2 ** 20, seededRandom(1));
  Arena.format(memory);
  const tableOptions = { requiresRegistration: false, lifetime: 1000, peersPerAddress: 1000 };
  const store = new HeldStore(new SwarmTable(memory, tableOptions, seededRandom(1)));
  const rules = new AnnounceRules({ ...defaultRules, allowsPrivate: true });
  const front = new HttpFront({ store, rules, tick: () => 1000 });
  const { control: handle = sayHello, budget = new ControlBudget(ControlBudget.memory(1), 0) } = options;
  const control = new ControlServer(handle, ({ socket }) => socket.remoteAddress ?? '', clock, budget);
  const listener = await HttpListener.listen(
    { host: '127.0.0.1', port: 0, isShared: false, certificate: options.certificate ?? null },
    { front, control, clock, proxies: new TrustedProxies([]) },
  );
  const { port } = listener;
  const clients: Client[] = [];
  const kept = <S extends Socket>(client: Client<S>): Client<S> => {
    clients.push(client);
    return client;
  };
  t.after(async () => {
    store.release();
    for (const { socket } of clients) socket.destroy();
    await listener[Symbol.asyncDispose]();
  });
  return {
    clock,
    listener,
    control,
    store,
    open: () => kept(new Client(connect(port, '127.0.0.1'))),
    openTls: () => kept(new Client(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }))),
  };
}

/** Lets the event loop turn until something holds. A test whose condition never holds ends by its timeout. */
export async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await turn();
}

export const scrape = (infoHashes: number, headers = ''): string => {
  const hashes = Array.from({ length: infoHashes }, (_, i) => `info_hash=${String(i).padStart(20, 'x')}`);
  return `GET /scrape?${hashes.join('&')} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
};

export const announce: string = `GET /announce?info_hash=${'h'.repeat(20)}&peer_id=${'p'.repeat(20)}&port=6881&left=1&compact=1 HTTP/1.1\r\nHost: x\r\n\r\n`;

export const post = (target: string, body: string, headers = ''): string =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
