/** The HTTP port of a tracker with more connections than it takes. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { SimClock } from '../../../../test/sim/sim-clock.ts';
import { seededRandom } from '../../../base/random.ts';
import { AnnounceRules, Arena, defaultRules, HttpFront, SwarmTable, TableMemory } from '../../../tracker/index.ts';
import { ControlBudget } from './control-budget.ts';
import { ControlServer } from './control.ts';
import { Client, scrape } from './http-fakes.test.ts';
import { HttpListener } from './http-listener.ts';
import { TrustedProxies } from './trusted-proxies.ts';

interface Bounded {
  readonly clock: SimClock;
  open(): Promise<Client>;
  /** A request on a connection, and its answer. */
  ask(client: Client): Promise<void>;
}

/** All connections seem to come from one address that is not private. */
class FromOneAddress extends TrustedProxies {
  override clientOf(_remote: string, readForwarded: () => string): string {
    return super.clientOf('198.51.100.7', readForwarded);
  }
}

/** Ends with the test. */
async function listen(t: TestContext, most: number, proxies = new TrustedProxies([])): Promise<Bounded> {
  const clock = new SimClock();
  const memory = TableMemory.create(2 ** 20, seededRandom(1));
  Arena.format(memory);
  const tableOptions = { requiresRegistration: false, lifetime: 1000, peersPerAddress: 1000 };
  const store = new SwarmTable(memory, tableOptions, seededRandom(1));
  const front = new HttpFront({ store, rules: new AnnounceRules(defaultRules), tick: () => 1000 });
  const control = new ControlServer(
    () => Promise.resolve({ status: 200, headers: {}, body: '' }),
    () => '',
    clock,
    new ControlBudget(ControlBudget.memory(1), 0),
  );
  const listener = await HttpListener.listen(
    { host: '127.0.0.1', port: 0, isShared: false, most },
    { front, control, clock, proxies },
  );
  const clients: Client[] = [];
  t.after(async () => {
    for (const { socket } of clients) socket.destroy();
    await listener[Symbol.asyncDispose]();
  });
  return {
    clock,
    async open() {
      const client = new Client(connect(listener.port, '127.0.0.1'));
      clients.push(client);
      await once(client.socket, 'connect');
      return client;
    },
    async ask(client) {
      const before = client.text.split('HTTP/1.1 ').length;
      client.socket.write(scrape(1));
      await client.responses(before);
    },
  };
}

test('a new connection has the place of the one that has been idle for the longest', async (t) => {
  const { clock, open, ask } = await listen(t, 4);
  const clients: Client[] = [];
  for (let i = 0; i < 4; i++) {
    clients.push(await open());
    await ask(clients[i] as Client);
    await clock.run(100);
  }
  const [first, second, third, fourth] = clients as [Client, Client, Client, Client];
  await ask(first);
  await ask(third);
  await clock.run(100);
  await ask(await open());
  await second.closed();
  await ask(await open());
  await fourth.closed();
  await ask(first);
  await ask(third);
});

test('connections that were closed leave their places', async (t) => {
  const { open, ask } = await listen(t, 2);
  const first = await open();
  await ask(first);
  for (let i = 0; i < 5; i++) {
    const other = await open();
    await ask(other);
    other.socket.write(scrape(1, 'Connection: close\r\n'));
    await other.closed();
    for (let turn = 0; turn < 2; turn++) await ask(first); // the listener knows of it then
  }
  await ask(first);
});

test('an address has a quarter of all connections', async (t) => {
  const { open, ask } = await listen(t, 8, new FromOneAddress([]));
  const [first, second] = [await open(), await open()];
  await Promise.all([ask(first), ask(second)]);
  await (await open()).closed();
  first.socket.destroy();
  await first.closed();
  await ask(second);
  await ask(await open());
});

test('connections from a private address and from a trusted proxy are not counted', async (t) => {
  const own = await listen(t, 8);
  for (let i = 0; i < 5; i++) await own.ask(await own.open());
  const behind = await listen(t, 8, new FromOneAddress(['198.51.100.0/24']));
  for (let i = 0; i < 5; i++) await behind.ask(await behind.open());
});
