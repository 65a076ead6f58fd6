import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededKeys } from '../../../test/net/seeded-keys.ts';
import { serving } from '../../../test/net/serving.ts';
import { SimClock } from '../../../test/sim/sim-clock.ts';
import { concat, utf8 } from '../../base/bytes.ts';
import { type Logger, silentLogger } from '../../base/logger.ts';
import { seededRandom } from '../../base/random.ts';
import type { ByteCount, Micros } from '../../base/units.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { netError } from '../errors.ts';
import { MemoryNetwork } from '../memory/index.ts';
import { mse } from '../mse/index.ts';
import type { Connection, DialOptions, Listener, Transport } from '../transport.ts';
import { protect } from './protect.ts';
import type { EncryptionPolicy, Protection } from './protection.ts';

const infoHash = new Uint8Array(20).fill(1);
const swarms = serving(infoHash);
const address = { host: '10.0.0.2', port: 6881 };
const hello = concat([Uint8Array.of(19), utf8('BitTorrent protocol'), new Uint8Array(48)]);
const garbage = seededRandom(9).bytes(700);

/** What came over a connection, and how it ended. A plain client closes what does not begin as BitTorrent does. */
class Ear {
  readonly connection: Connection;
  heard: Uint8Array = new Uint8Array(0);
  ends = 0;

  constructor(connection: Connection, isPlainClient = false) {
    this.connection = connection;
    connection.open({
      data: (view) => {
        this.heard = concat([this.heard, view]);
        if (isPlainClient && this.heard[0] !== 19) connection.close();
      },
      drain: () => {},
      close: () => void this.ends++,
    });
  }
}

/** Two hosts, each with a policy (null: it knows no protection), in virtual time. */
class Scene {
  readonly clock = new SimClock();
  readonly network = new MemoryNetwork();
  /** Codes under which the listener has refused connections. */
  readonly refusals: unknown[] = [];
  readonly accepted: Ear[] = [];
  /** What each connection that was dialled began with, as it was on the wire. */
  readonly wire: Uint8Array[] = [];
  listener: Listener | null = null;
  /** CPU time of the listener. */
  spent: Micros = 0;
  #random = seededRandom(1);

  protection(policy: EncryptionPolicy): Protection {
    return mse({ policy, random: this.#random, digests: nodeDigests, keys: seededKeys(this.#random) });
  }

  over(transport: Transport, policy: EncryptionPolicy | null, protections?: readonly Protection[]): Transport {
    if (policy === null) return transport;
    const note = (_: string, { code }: Record<string, unknown> = {}): void => void this.refusals.push(code);
    const logger: Logger = { ...silentLogger, debug: note, info: note };
    return protect(transport, {
      protections: protections ?? [this.protection(policy)],
      policy,
      clock: this.clock,
      threadTime: () => this.spent,
      logger,
    });
  }

  async listen(policy: EncryptionPolicy | null, protections?: readonly Protection[]): Promise<void> {
    const transport = this.over(this.network.transport(address.host), policy, protections);
    this.listener = await transport.listen(
      address,
      (connection) => void this.accepted.push(new Ear(connection, policy === null)),
      swarms,
    );
  }

  /** The plain transport of the dialling host; what it sends first is kept in `wire`. */
  dialler(host = '10.0.0.1'): Transport {
    const transport = this.network.transport(host);
    return {
      ...transport,
      dial: async (to, options = {}) => {
        const connection = await transport.dial(to, options);
        const at = this.wire.push(options.greeting?.slice() ?? new Uint8Array(0)) - 1;
        const { send } = connection;
        connection.send = (bytes, sent) => {
          this.wire[at] = concat([this.wire[at] as Uint8Array, bytes]);
          return send.call(connection, bytes, sent);
        };
        return connection;
      },
    };
  }

  async dial(policy: EncryptionPolicy | null, options: DialOptions = {}): Promise<Ear> {
    const transport = this.over(this.dialler(), policy);
    return new Ear(await this.clock.finish(transport.dial(address, { infoHash, greeting: hello, ...options })));
  }
}

/** True when the dialler said nothing that a plain client says. */
const isHidden = (bytes: Uint8Array): boolean => Buffer.from(bytes).indexOf('BitTorrent') < 0;

const policies = ['plaintext', 'prefer', 'required'] as const;
/** dialler → listener → what protects their connection, or null when there is none. */
const outcomes: Record<string, Record<string, string | undefined | null>> = {
  plaintext: { none: undefined, plaintext: undefined, prefer: undefined, required: null },
  prefer: { none: undefined, plaintext: 'mse', prefer: 'mse', required: 'mse' },
  required: { none: null, plaintext: 'mse', prefer: 'mse', required: 'mse' },
  none: { plaintext: undefined, prefer: undefined, required: null },
};

for (const [dialling, row] of Object.entries(outcomes)) {
  for (const [listening, expected] of Object.entries(row)) {
    const how = expected === null ? 'do not come together' : `come together ${expected ? 'with MSE' : 'in plaintext'}`;
    test(`who dials with ${dialling} and who listens with ${listening} ${how}`, async () => {
      const scene = new Scene();
      const policyOf = (name: string): EncryptionPolicy | null => policies.find((policy) => policy === name) ?? null;
      await scene.listen(policyOf(listening));
      let near: Ear | null = null;
      try {
        near = await scene.dial(policyOf(dialling));
        await scene.clock.run(20_000);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'NET_PROTECTION_FAILED');
      }
      if (dialling === 'required') assert.ok(scene.wire.every(isHidden), 'it has said something in plaintext');
      if (expected === null) {
        assert.ok(near === null || near.ends === 1);
        assert.equal(scene.accepted.filter(({ ends }) => ends === 0).length, 0);
        if (listening === 'required') assert.deepEqual(scene.refusals.splice(-1), ['NET_PLAINTEXT_REFUSED']);
        return;
      }
      const far = scene.accepted.at(-1) as Ear;
      assert.deepEqual(far.heard, hello);
      assert.equal(near?.connection.protection, expected);
      if (listening !== 'none') assert.equal(far.connection.protection, expected);
      far.connection.send(utf8('welcome'));
      await scene.clock.run(100);
      assert.deepEqual(near?.heard, utf8('welcome'));
    });
  }
}

test('a dialler that prefers encryption says nothing in plaintext to who knows it', async () => {
  const scene = new Scene();
  await scene.listen('prefer');
  await scene.dial('prefer');
  assert.equal(scene.wire.length, 1);
  assert.ok(scene.wire.every(isHidden));
});

test('a remote that takes the connection and then says nothing is dialled in plaintext after ten seconds', async () => {
  const scene = new Scene();
  await scene.network.transport(address.host).listen(address, (connection) => void new Ear(connection));
  await scene.dial('prefer');
  assert.equal(scene.clock.now(), 10_000);
  assert.deepEqual(scene.wire.map(isHidden), [true, false]);
});

test('nobody is dialled in plaintext when nobody answers, or when it is given up', async () => {
  const scene = new Scene();
  await assert.rejects(scene.dial('prefer'), { code: 'NET_CONNECT_FAILED' });
  assert.equal(scene.wire.length, 0);
  const ears: Ear[] = [];
  await scene.network.transport(address.host).listen(address, (connection) => void ears.push(new Ear(connection)));
  const abort = new AbortController();
  const reason = new Error('enough');
  scene.clock.after(500, () => abort.abort(reason));
  await assert.rejects(scene.dial('prefer', { signal: abort.signal }), reason);
  assert.equal(scene.clock.now(), 500);
  await scene.clock.run(20_000);
  assert.deepEqual([scene.wire.length, ears.map(({ ends }) => ends)], [1, [1]]);
});

test('who needs an info hash and is given none is not dialled with it', async () => {
  const scene = new Scene();
  await scene.listen('prefer');
  const { infoHash: _, ...without } = { infoHash, greeting: hello };
  const near = await scene.clock.finish(scene.over(scene.dialler(), 'prefer').dial(address, without));
  assert.equal(near.protection, undefined);
  await assert.rejects(scene.clock.finish(scene.over(scene.dialler(), 'required').dial(address, without)), {
    code: 'NET_PROTECTION_FAILED',
  });
});

test('what comes in one byte at a time is told apart all the same', async () => {
  const scene = new Scene();
  await scene.listen('prefer');
  const near = await scene.dialler().dial(address);
  for (const byte of hello) {
    near.send(Uint8Array.of(byte));
    await scene.clock.run(1);
  }
  assert.deepEqual(scene.accepted[0]?.heard, hello);
});

test('a public key may begin as a BitTorrent handshake does', async () => {
  const scene = new Scene();
  await scene.listen('prefer');
  const near = new Ear(await scene.dialler().dial(address));
  near.connection.send(concat([hello.subarray(0, 19), Uint8Array.of(1), garbage.subarray(0, 76)]));
  await scene.clock.run(1000);
  assert.ok(near.heard.length >= 96, 'it was not answered with a public key');
});

test('further protections are asked in order, each until it is sure', async () => {
  const scene = new Scene();
  const asked: number[] = [];
  /** As TLS: a record of type 22 and version 3. */
  const record: Protection = {
    name: 'record',
    handshakeCost: 1,
    openingLength: (first) => {
      asked.push(first.length);
      if (first[0] !== 22) return 0;
      if (first.length < 2) return null;
      return first[1] === 3 ? 4 : 0;
    },
    accept: async (connection) => connection,
    dial: async () => {
      throw netError('NET_PROTECTION_FAILED', 'not today');
    },
  };
  await scene.listen('required', [record, scene.protection('required')]);
  const near = new Ear(await scene.dialler().dial(address));
  near.connection.send(Uint8Array.of(22));
  await scene.clock.run(10);
  assert.deepEqual([asked, scene.accepted.length], [[1], 0]);
  near.connection.send(Uint8Array.of(3, 1));
  await scene.clock.run(10);
  assert.deepEqual([asked, scene.accepted.length], [[1, 3], 0]);
  near.connection.send(Uint8Array.of(5, 5));
  await scene.clock.run(10);
  assert.deepEqual(asked, [1, 3], 'it was asked again what it had said');
  assert.deepEqual(scene.accepted[0]?.heard, Uint8Array.of(22, 3, 1, 5, 5));
  // The next is dialled when the first has failed.
  const dialled = scene.over(scene.dialler(), 'required', [record, scene.protection('required')]);
  const second = await scene.clock.finish(dialled.dial(address, { infoHash, greeting: hello }));
  assert.equal(second.protection, 'mse');
});

test('what nobody recognises is closed', async () => {
  const scene = new Scene();
  await scene.listen('prefer', []);
  const near = new Ear(await scene.dialler().dial(address));
  near.connection.send(garbage);
  await scene.clock.run(10);
  assert.deepEqual([near.ends, scene.refusals], [1, ['NET_PROTECTION_FAILED']]);
});

test('strangers that say nothing, or stop in the middle, are closed after ten seconds', async () => {
  const scene = new Scene();
  await scene.listen('prefer');
  const beginnings = [new Uint8Array(0), hello.subarray(0, 5), garbage.subarray(0, 95), garbage.subarray(0, 96)];
  const strangers: Ear[] = [];
  for (const beginning of beginnings) {
    const stranger = new Ear(await scene.dialler().dial(address));
    stranger.connection.send(beginning);
    strangers.push(stranger);
  }
  await scene.clock.run(9_999);
  assert.deepEqual(
    strangers.map(({ ends }) => ends),
    [0, 0, 0, 0],
  );
  await scene.clock.run(2);
  assert.deepEqual(
    strangers.map(({ ends }) => ends),
    [1, 1, 1, 1],
  );
  assert.equal(scene.accepted.length, 0);
});

test('one host has at most 32 strangers here, all hosts 256, and known peers do not count', async () => {
  const scene = new Scene();
  await scene.listen('prefer');
  const arrive = async (host: string, count: number): Promise<Ear[]> => {
    const ears: Ear[] = [];
    for (let i = 0; i < count; i++) ears.push(new Ear(await scene.dialler(host).dial(address)));
    await scene.clock.run(1);
    return ears;
  };
  const closed = (ears: readonly Ear[]): number => ears.filter(({ ends }) => ends > 0).length;
  const first = await arrive('10.0.1.1', 40);
  assert.equal(closed(first), 8);
  let others = 0;
  for (let host = 2; host <= 9; host++) others += closed(await arrive(`10.0.1.${host}`, 32));
  assert.equal(others, 32);
  assert.ok(scene.refusals.every((code) => code === 'NET_TOO_MANY_STRANGERS'));
  for (const ear of first) ear.connection.send(hello);
  await scene.clock.run(1);
  assert.equal(scene.accepted.length, 32);
  assert.equal(closed(await arrive('10.0.1.1', 32)), 0);
});

/** As TLS: its opening is ten bytes, and each further byte takes a millisecond. */
class Dear implements Protection {
  readonly name = 'dear';
  readonly handshakeCost = 1700;
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  openingLength([type]: Uint8Array): ByteCount {
    return type === 22 ? 10 : 0;
  }

  async accept(connection: Connection): Promise<Connection> {
    let length = 0;
    const data = (view: Uint8Array): void => {
      length += view.length;
      this.#scene.spent += 1000 * Math.max(0, length - 10);
      connection.send(Uint8Array.of(1));
    };
    connection.open({ data, drain: () => {}, close: () => {} });
    return new Promise(() => {});
  }

  async dial(): Promise<Connection> {
    throw netError('NET_PROTECTION_FAILED', 'not today');
  }
}

describe('handshakes that come in', () => {
  const opening = Uint8Array.of(22, 3, 1, 0, 5, 1, 0, 0, 0, 0);

  /** So many strangers, each with this beginning; those that were answered. */
  async function answered(
    scene: Scene,
    beginning: Uint8Array,
    count: number,
    host: (index: number) => string,
  ): Promise<Ear[]> {
    const strangers: Ear[] = [];
    for (let i = 0; i < count; i++) {
      const stranger = new Ear(await scene.dialler(host(i)).dial(address));
      stranger.connection.send(beginning);
      await scene.clock.run(1);
      strangers.push(stranger);
    }
    return strangers.filter(({ heard }) => heard.length > 0);
  }

  const stage = async (): Promise<Scene> => {
    const scene = new Scene();
    await scene.listen('prefer', [new Dear(scene), scene.protection('prefer')]);
    return scene;
  };

  test('take 50 ms of each second, be they many that cost little or few that cost much', async () => {
    const scene = await stage();
    let hosts = 0;
    const next = (): string => `10.0.${++hosts >> 8}.${hosts & 255}`;
    assert.equal((await answered(scene, garbage, 600, next)).length, 250);
    assert.equal(scene.refusals.at(-1), 'NET_TOO_MANY_STRANGERS');
    await scene.clock.run(1000);
    assert.equal((await answered(scene, opening, 100, next)).length, 29);
    assert.equal((await answered(scene, garbage, 100, next)).length, 3, 'what is left of it');
    await scene.clock.run(1000);
    assert.equal((await scene.dial('required')).connection.protection, 'mse');
  });

  for (const [source, own, other] of [
    ['one host', () => '10.0.1.1', () => '10.0.1.2'],
    ['one network of IPv6', (i) => `2001:db8:0:1::${(i + 1).toString(16)}`, () => '2001:db8:0:2::1'],
  ] as readonly [string, (index: number) => string, () => string][]) {
    test(`of ${source} keep no other out, be they many or costly`, async () => {
      for (const [flood, most] of [
        [garbage, 62],
        [opening, 7],
      ] as const) {
        const scene = await stage();
        assert.equal((await answered(scene, flood, 100, own)).length, most);
        assert.equal((await answered(scene, opening, 1, other)).length, 1);
      }
      const scene = await stage();
      const [costly] = await answered(scene, opening, 1, own);
      costly?.connection.send(new Uint8Array(60));
      await scene.clock.run(1);
      assert.equal((await answered(scene, opening, 1, own)).length, 0);
      assert.equal((await answered(scene, opening, 1, other)).length, 1);
    });
  }

  test('are charged what they take: a host waits until it has had no more than its share', async () => {
    const scene = await stage();
    const [costly, ...others] = await answered(scene, opening, 3, () => '10.0.1.1');
    costly?.connection.send(new Uint8Array(60));
    await scene.clock.run(1);
    assert.equal(costly?.heard.length, 2);
    for (const other of others) other.connection.send(Uint8Array.of(1));
    await scene.clock.run(1);
    assert.deepEqual(
      others.map(({ heard, ends }) => [heard.length, ends]),
      others.map(() => [1, 1]),
      'what was under way went on',
    );
    // 60 ms and what two others have cost, at 12.5 ms a second.
    for (let second = 0; second <= 5; second++) {
      assert.equal((await answered(scene, opening, 1, () => '10.0.1.1')).length, second < 5 ? 0 : 1, `${second}`);
      await scene.clock.run(1000);
    }
  });

  test('cost nothing before their opening is there', async () => {
    const scene = await stage();
    for (const beginning of [opening.subarray(0, 9), garbage.subarray(0, 95)]) {
      assert.equal((await answered(scene, beginning, 200, (i) => `10.0.${i >> 4}.1`)).length, 0);
      const [other] = await answered(scene, opening, 1, () => '10.1.0.1');
      assert.ok(other);
      await scene.clock.run(20_000);
    }
  });
});

test('strangers are closed with their listener, and nothing of them remains', async () => {
  const scene = new Scene();
  await scene.listen('prefer');
  const strangers = [new Ear(await scene.dialler().dial(address)), new Ear(await scene.dialler().dial(address))];
  strangers[1]?.connection.send(garbage.subarray(0, 100));
  const [known] = [await scene.dial('prefer')];
  await scene.clock.run(1);
  await scene.listener?.close();
  await scene.clock.run(1);
  assert.deepEqual(
    strangers.map(({ ends }) => ends),
    [1, 1],
  );
  assert.equal(known.ends, 0);
  const fired = scene.clock.fired;
  await scene.clock.run(60_000);
  assert.equal(scene.clock.fired, fired, 'a deadline was left behind');
});
