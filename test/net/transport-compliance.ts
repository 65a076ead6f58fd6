/**
 * What every transport owes its users (the contract in src/net/transport.ts), as one suite. A transport proves itself
 * with a fixture: two transports that reach each other and a way to let time pass.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { PeerAddress } from '../../src/base/address.ts';
import type { Connection, DialOptions, Transport } from '../../src/net/transport.ts';

export interface TransportFixture {
  readonly dialer: Transport;
  readonly acceptor: Transport;
  /** Host on which `acceptor` may listen and which `dialer` reaches. */
  readonly host: string;
  /** Runs a test while the transport's time passes. */
  run(body: () => Promise<void>): Promise<void>;
}

/** A connection whose events are recorded and can be awaited. */
class Recorder {
  readonly connection: Connection;
  readonly hash = createHash('sha1');
  received = 0;
  drains = 0;
  closes = 0;
  error: Error | null = null;
  /** Called for each view; a test may replace it. */
  onData: (view: Uint8Array) => void = () => {};
  #watchers: Array<() => void> = [];

  constructor(connection: Connection) {
    this.connection = connection;
  }

  open(): this {
    this.connection.open({
      data: (view) => {
        this.received += view.length;
        this.hash.update(view);
        this.onData(view);
        this.#notify();
      },
      drain: () => {
        this.drains++;
        this.#notify();
      },
      close: (error) => {
        this.error = error;
        this.closes++;
        this.#notify();
      },
    });
    return this;
  }

  /** Resolves when `condition` holds; it is looked at after each event of this connection. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.connection.send(bytes, () => resolve()));
  }

  #notify(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

class Wire {
  readonly fixture: TransportFixture;
  readonly #incoming: Connection[] = [];
  readonly #waiting: Array<(connection: Connection) => void> = [];
  address: PeerAddress = { host: '', port: 0 };
  stopListening: () => Promise<void> = async () => {};

  constructor(fixture: TransportFixture) {
    this.fixture = fixture;
  }

  async listen(): Promise<void> {
    const listener = await this.fixture.acceptor.listen({ host: this.fixture.host, port: 0 }, (connection) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#incoming.push(connection);
      else waiting(connection);
    });
    this.address = listener.address;
    this.stopListening = () => listener.close();
  }

  /** A new connection, neither end opened. */
  async connect(options?: DialOptions): Promise<{ near: Recorder; far: Recorder }> {
    const near = await this.fixture.dialer.dial(this.address, options);
    const far = this.#incoming.shift() ?? (await new Promise<Connection>((resolve) => this.#waiting.push(resolve)));
    return { near: new Recorder(near), far: new Recorder(far) };
  }

  async open(): Promise<{ near: Recorder; far: Recorder }> {
    const { near, far } = await this.connect();
    return { near: near.open(), far: far.open() };
  }

  /** Several round trips on another connection: whatever was on its way before has arrived after them. */
  async roundTrips(): Promise<void> {
    const { near, far } = await this.open();
    far.onData = (view) => far.connection.send(view.slice());
    for (let trip = 1; trip <= 5; trip++) {
      near.connection.send(Uint8Array.of(trip));
      await near.until(() => near.received === trip);
    }
    near.connection.close();
    await far.until(() => far.closes === 1);
  }
}

type Case = (wire: Wire) => Promise<void>;

const digest = (...parts: Uint8Array[]): string => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

async function endBoth(near: Recorder, far: Recorder): Promise<void> {
  near.connection.close();
  await near.until(() => near.closes > 0);
  await far.until(() => far.closes > 0);
  assert.deepEqual([near.error, far.error], [null, null]);
}

/** Fills a connection whose far end reads nothing until `send` refuses; returns the chunks and their `sent` counts. */
function fill(near: Recorder): { chunks: Uint8Array[]; sent: number[] } {
  const chunks: Uint8Array[] = [];
  const sent: number[] = [];
  let goesOn = true;
  while (goesOn) {
    assert.ok(chunks.length < 1024, 'send never returned false');
    const index = chunks.push(randomBytes(64 * 1024)) - 1;
    sent.push(0);
    goesOn = near.connection.send(chunks[index] as Uint8Array, () => (sent[index] = (sent[index] as number) + 1));
  }
  return { chunks, sent };
}

const delivery: Record<string, Case> = {
  'delivers bytes of any chunk size once and in order, both ways': async (wire) => {
    const { near, far } = await wire.open();
    const chunks = [1, 0, 17, 16_384, 3, 65_537, 13, 1].map((size) => randomBytes(size));
    const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    for (const end of [near, far]) for (const chunk of chunks) end.connection.send(chunk);
    await near.until(() => near.received >= total);
    await far.until(() => far.received >= total);
    assert.equal(near.hash.digest('hex'), digest(...chunks));
    assert.equal(far.hash.digest('hex'), digest(...chunks));
    await endBoth(near, far);
  },
  'delivers a stream of single bytes in order': async (wire) => {
    const { near, far } = await wire.open();
    const bytes = randomBytes(500);
    for (let i = 0; i < bytes.length; i++) {
      near.connection.send(bytes.subarray(i, i + 1));
      if (i % 50 === 0) await Promise.resolve();
    }
    await far.until(() => far.received >= bytes.length);
    assert.equal(far.hash.digest('hex'), digest(bytes));
    await endBoth(near, far);
  },
  'delivers one send of several megabytes, also from shared memory': async (wire) => {
    const { near, far } = await wire.open();
    const bytes = new Uint8Array(new SharedArrayBuffer(3_000_000));
    bytes.set(randomBytes(bytes.length));
    const sent = near.send(bytes);
    await far.until(() => far.received >= bytes.length);
    await sent;
    assert.equal(far.hash.digest('hex'), digest(bytes));
    assert.equal(near.connection.queued, 0);
    await endBoth(near, far);
  },
  'keeps what arrives before open for the handlers': async (wire) => {
    const { near, far } = await wire.connect();
    near.connection.send(Uint8Array.of(1, 2, 3));
    far.connection.send(Uint8Array.of(4, 5, 6));
    await wire.roundTrips();
    near.open();
    far.open();
    await near.until(() => near.received === 3);
    await far.until(() => far.received === 3);
    assert.equal(near.hash.digest('hex'), digest(Uint8Array.of(4, 5, 6)));
    assert.equal(far.hash.digest('hex'), digest(Uint8Array.of(1, 2, 3)));
    await endBoth(near, far);
  },
  'sends a greeting before anything else': async (wire) => {
    const [greeting, rest] = [randomBytes(68), randomBytes(1000)];
    const { near, far } = await wire.connect({ greeting });
    near.open();
    near.connection.send(rest);
    far.open();
    await far.until(() => far.received === 1068);
    assert.equal(far.hash.digest('hex'), digest(greeting, rest));
    await endBoth(near, far);
  },
  'leaves what was sent as it is when the receiver overwrites what came': async (wire) => {
    const { near, far } = await wire.open();
    const bytes = randomBytes(500_000);
    const before = bytes.slice();
    far.onData = (view) => view.fill(0);
    await near.send(bytes);
    await far.until(() => far.received === bytes.length);
    assert.deepEqual(bytes, before, 'what was sent has changed');
    assert.equal(far.hash.digest('hex'), digest(bytes));
    await endBoth(near, far);
  },
  'tells each end the address and the direction': async (wire) => {
    const { near, far } = await wire.open();
    assert.deepEqual(near.connection.remote, wire.address);
    assert.equal(near.connection.isIncoming, false);
    assert.equal(far.connection.isIncoming, true);
    assert.ok(far.connection.remote.port > 0);
    await endBoth(near, far);
  },
};

const backpressure: Record<string, Case> = {
  'refuses when the queue is above its mark and drains when it has run low': async (wire) => {
    const { near, far } = await wire.connect();
    near.open();
    const { chunks } = fill(near);
    assert.ok(near.connection.queued > 0);
    assert.equal(near.drains, 0);
    far.open();
    await near.until(() => near.drains === 1);
    await far.until(() => far.received === chunks.length * 64 * 1024);
    assert.equal(far.hash.digest('hex'), digest(...chunks));
    assert.equal(near.drains, 1);
    await endBoth(near, far);
  },
  'delivers nothing while paused and everything after resume': async (wire) => {
    const { near, far } = await wire.open();
    far.connection.pause();
    near.connection.send(randomBytes(1000));
    await wire.roundTrips();
    assert.equal(far.received, 0);
    far.connection.resume();
    await far.until(() => far.received === 1000);
    await endBoth(near, far);
  },
  'can be paused from within the data handler': async (wire) => {
    const { near, far } = await wire.open();
    far.onData = () => far.connection.pause();
    near.connection.send(randomBytes(1_000_000));
    await far.until(() => far.received > 0);
    await wire.roundTrips();
    const before = far.received;
    assert.ok(before < 1_000_000);
    await wire.roundTrips();
    assert.equal(far.received, before);
    far.onData = () => {};
    far.connection.resume();
    await far.until(() => far.received === 1_000_000);
    await endBoth(near, far);
  },
  'stays paused when paused before open': async (wire) => {
    const { near, far } = await wire.connect();
    near.open();
    far.connection.pause();
    far.open();
    near.connection.send(randomBytes(10));
    await wire.roundTrips();
    assert.equal(far.received, 0);
    far.connection.resume();
    await far.until(() => far.received === 10);
    await endBoth(near, far);
  },
};

const ends: Record<string, Case> = {
  'calls close exactly once at each end': async (wire) => {
    const { near, far } = await wire.open();
    near.connection.close();
    near.connection.close();
    far.connection.close();
    await near.until(() => near.closes > 0);
    await far.until(() => far.closes > 0);
    await wire.roundTrips();
    assert.deepEqual([near.closes, far.closes], [1, 1]);
    assert.deepEqual([near.error, far.error], [null, null]);
  },
  'calls close from a later task than close()': async (wire) => {
    const { near, far } = await wire.open();
    near.connection.close();
    assert.equal(near.closes, 0);
    await far.until(() => far.closes === 1);
  },
  'calls every sent callback exactly once when the connection closes': async (wire) => {
    const { near, far } = await wire.connect();
    near.open();
    const { sent } = fill(near);
    near.connection.close();
    await near.until(() => near.closes === 1);
    far.open();
    await far.until(() => far.closes === 1);
    assert.deepEqual(new Set(sent), new Set([1]));
  },
  'delivers the little that was sent just before close': async (wire) => {
    const { near, far } = await wire.open();
    near.connection.send(Uint8Array.of(7));
    near.connection.send(Uint8Array.of(8, 9));
    near.connection.close();
    await far.until(() => far.closes === 1);
    assert.equal(far.received, 3);
  },
  'delivers no data after close() in the data handler': async (wire) => {
    const { near, far } = await wire.open();
    let before = 0;
    far.onData = () => {
      far.connection.close();
      before = far.received;
    };
    near.connection.send(randomBytes(900_000));
    await far.until(() => far.closes === 1);
    await near.until(() => near.closes === 1);
    assert.equal(far.received, before);
    assert.equal(far.error, null);
  },
  'takes a send after the end without throwing': async (wire) => {
    const { near, far } = await wire.open();
    await endBoth(near, far);
    let sent = 0;
    assert.equal(
      near.connection.send(Uint8Array.of(1), () => sent++),
      false,
    );
    await wire.roundTrips();
    assert.equal(sent, 1);
  },
  'tells handlers that come too late of the end': async (wire) => {
    const { near, far } = await wire.connect();
    near.connection.close();
    await wire.roundTrips();
    near.open();
    far.open();
    await near.until(() => near.closes === 1);
    await far.until(() => far.closes === 1);
  },
};

const establishment: Record<string, Case> = {
  'rejects a dial to a port where nobody listens': async (wire) => {
    await wire.stopListening();
    await assert.rejects(wire.fixture.dialer.dial(wire.address), { code: 'NET_CONNECT_FAILED' });
  },
  'rejects a dial with the reason of its signal': async (wire) => {
    const reason = new Error('enough');
    await assert.rejects(wire.fixture.dialer.dial(wire.address, { signal: AbortSignal.abort(reason) }), reason);
    const abort = new AbortController();
    const dial = wire.fixture.dialer.dial(wire.address, { signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(dial, reason);
  },
  'rejects listening on a port in use': async (wire) => {
    await assert.rejects(
      wire.fixture.acceptor.listen(wire.address, () => {}),
      { code: 'NET_PORT_IN_USE' },
    );
  },
  'rejects listening on a foreign address': async (wire) => {
    const listen = wire.fixture.acceptor.listen({ host: '192.0.2.77', port: 0 }, () => {});
    await assert.rejects(listen, { code: 'NET_LISTEN_FAILED' });
  },
  'frees the port and keeps connections when a listener closes': async (wire) => {
    const { near, far } = await wire.open();
    await wire.stopListening();
    const again = await wire.fixture.acceptor.listen(wire.address, () => {});
    await again.close();
    near.connection.send(Uint8Array.of(1));
    await far.until(() => far.received === 1);
    await endBoth(near, far);
  },
};

/** Registers the suite for one transport. `setup` is called for each test. */
export function transportCompliance(name: string, setup: () => TransportFixture): void {
  const groups = { delivery, backpressure, ends, establishment };
  describe(`${name} transport`, () => {
    for (const cases of Object.values(groups)) {
      for (const [title, body] of Object.entries(cases)) {
        test(title, () => {
          const wire = new Wire(setup());
          return wire.fixture.run(async () => {
            await wire.listen();
            try {
              await body(wire);
            } finally {
              await wire.stopListening();
            }
          });
        });
      }
    }
  });
}
