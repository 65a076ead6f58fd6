import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyPair, seededKeys } from '../../../test/net/seeded-keys.ts';
import { serving } from '../../../test/net/serving.ts';
import { concat, utf8 } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { nodeDigests } from '../../crypto/digests.ts';
import { MemoryNetwork } from '../memory/index.ts';
import type { Connection, ConnectionHandlers } from '../transport.ts';
import { swarmName } from './handshake.ts';
import { mse, type MseOptions } from './mse.ts';
import { Rc4 } from './rc4.ts';
import { SwarmIndex } from './swarm-index.ts';

const infoHash = new Uint8Array(20).fill(3);
const swarms = serving(infoHash);
const nothing = new Uint8Array(0);
const random = seededRandom(1);

const options = (policy: MseOptions['policy']): MseOptions => ({
  policy,
  random,
  digests: nodeDigests,
  keys: seededKeys(random),
});

/** Both ends of a plain connection. */
async function plainPair(): Promise<{ near: Connection; far: Connection }> {
  const network = new MemoryNetwork();
  const accepted = Promise.withResolvers<Connection>();
  await network.transport('10.0.0.2').listen({ host: '10.0.0.2', port: 1 }, accepted.resolve);
  const near = await network.transport('10.0.0.1').dial({ host: '10.0.0.2', port: 1 });
  return { near, far: await accepted.promise };
}

/** A connection that a test plays, alone or as one end of two: what it was told to do is in `calls`. */
class PlayedConnection implements Connection {
  readonly remote = { host: '10.0.0.9', port: 9 };
  readonly isIncoming = true;
  readonly queued = 0;
  readonly calls: string[] = [];
  handlers: ConnectionHandlers | null = null;
  other: PlayedConnection | null = null;

  open(handlers: ConnectionHandlers): void {
    this.handlers = handlers;
  }

  send(bytes: Uint8Array): boolean {
    const copy = bytes.slice();
    queueMicrotask(() => this.other?.handlers?.data(copy));
    return true;
  }

  pause(): void {
    this.calls.push('pause');
  }

  resume(): void {
    this.calls.push('resume');
  }

  close(): void {
    this.calls.push('close');
    queueMicrotask(() => this.handlers?.close(null));
  }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 200; i++) await Promise.resolve();
};

test('the end of a connection in the handshake rejects with its reason', async () => {
  const played = new PlayedConnection();
  const accepted = mse(options('prefer')).accept(played, swarms, nothing);
  await turns();
  const reset = new Error('reset by peer');
  played.handlers?.close(reset);
  await assert.rejects(accepted, { code: 'NET_PROTECTION_FAILED', cause: reset });
});

test('a handshake that fails closes its connection and takes no more bytes', async () => {
  const played = new PlayedConnection();
  const accepted = mse(options('prefer')).accept(played, swarms, nothing);
  await turns();
  played.handlers?.data(seededRandom(5).bytes(96 + 532));
  await assert.rejects(accepted, { code: 'NET_PROTECTION_FAILED', message: 'no synchronisation' });
  played.handlers?.data(new Uint8Array(100));
  await turns();
  assert.deepEqual(played.calls, ['close']);
});

test('an error in the middle of the stream is told once, after the bytes that came before it', async () => {
  const { near, far } = await plainPair();
  const [dialled, accepted] = await Promise.all([
    mse(options('required')).dial(near, { infoHash }),
    mse(options('required')).accept(far, swarms, nothing),
  ]);
  const told: string[] = [];
  accepted.open({
    data: (view) => told.push(Buffer.from(view).toString()),
    drain: () => {},
    close: (error) => told.push(String(error)),
  });
  dialled.send(utf8('last words'));
  dialled.close();
  await turns();
  assert.deepEqual(told, ['last words', 'null']);
});

test('an error from below reaches the user as it is', async () => {
  const [near, far] = [new PlayedConnection(), new PlayedConnection()];
  [near.other, far.other] = [far, near];
  const accepting = mse(options('required')).accept(far, swarms, nothing);
  await mse(options('required')).dial(near, { infoHash });
  const accepted = await accepting;
  const errors: (Error | null)[] = [];
  accepted.open({ data: () => {}, drain: () => {}, close: (error) => errors.push(error) });
  const reset = new Error('reset by peer');
  far.handlers?.close(reset);
  assert.deepEqual(errors, [reset]);
});

/** Speaks as a client that offers `provided` and greets with `greeting`; resolves with what came back, decrypted. */
async function scripted(near: Connection, provided: number, greeting: Uint8Array): Promise<Uint8Array> {
  const keys = keyPair(4711n);
  let heard: Uint8Array = new Uint8Array(0);
  near.open({ data: (view) => void (heard = concat([heard, view])), drain: () => {}, close: () => {} });
  near.send(keys.publicKey);
  await turns();
  const secret = keys.secret(heard.subarray(0, 96)) as Uint8Array;
  heard = new Uint8Array(0);
  const hash = (label: string, ...rest: Uint8Array[]): Uint8Array =>
    nodeDigests.sha1(concat([utf8(label), secret, ...rest]));
  const name = swarmName(nodeDigests, infoHash).map((byte, i) => byte ^ (hash('req3')[i] as number));
  const offer = concat([new Uint8Array(8), Uint8Array.of(0, 0, 0, provided, 0, 0, 0, greeting.length), greeting]);
  new Rc4(hash('keyA', infoHash)).apply(offer);
  near.send(concat([hash('req1'), name, offer]));
  near.send(utf8('and plaintext'));
  await turns();
  const head = heard.slice(0, 14);
  const cipher = new Rc4(hash('keyB', infoHash));
  cipher.apply(head);
  const padLength = ((head[12] as number) << 8) | (head[13] as number);
  return concat([head.subarray(8, 12), heard.subarray(14 + padLength)]);
}

test('a dialler that offers plaintext alone gets it, after a greeting that was encrypted', async () => {
  const { near, far } = await plainPair();
  const talk = scripted(near, 1, utf8('hello '));
  const accepted = await mse(options('prefer')).accept(far, swarms, nothing);
  let heard = '';
  accepted.open({ data: (view) => (heard += Buffer.from(view).toString()), drain: () => {}, close: () => {} });
  accepted.send(utf8('welcome'));
  const answer = await talk;
  assert.equal(accepted.protection, 'mse-handshake');
  assert.equal(heard, 'hello and plaintext');
  assert.deepEqual(answer, concat([Uint8Array.of(0, 0, 0, 1), utf8('welcome')]));
});

test('a dialler that offers both gets RC4 but from who would rather have plaintext', async () => {
  for (const [policy, chosen] of [
    ['prefer', 2],
    ['required', 2],
    ['plaintext', 1],
  ] as const) {
    const { near, far } = await plainPair();
    const talk = scripted(near, 3, utf8('hello'));
    const accepted = await mse(options(policy)).accept(far, swarms, nothing);
    assert.equal((await talk)[3], chosen, policy);
    assert.equal(accepted.protection, chosen === 2 ? 'mse' : 'mse-handshake');
  }
});

test('a dialler that offers plaintext alone is refused where encryption is required', async () => {
  const { near, far } = await plainPair();
  void scripted(near, 1, utf8('hello')).catch(() => {});
  await assert.rejects(mse(options('required')).accept(far, swarms, nothing), { code: 'NET_PROTECTION_FAILED' });
});

test('where no keys can be made the handshake fails', async () => {
  const { near, far } = await plainPair();
  const broken = mse({ ...options('prefer'), keys: { take: () => Promise.reject(new Error('unsupported')) } });
  await assert.rejects(broken.dial(near, { infoHash }), { code: 'NET_PROTECTION_FAILED' });
  await assert.rejects(broken.accept(far, swarms, nothing), { code: 'NET_PROTECTION_FAILED' });
});

test('a torrent is found by one look-up, and each info hash is hashed once', () => {
  let [hashed, listed] = [0, 0];
  const digests = {
    ...nodeDigests,
    sha1: (data: Uint8Array): Uint8Array => {
      hashed++;
      return nodeDigests.sha1(data);
    },
  };
  const hashes = Array.from({ length: 100 }, (_, i) => new Uint8Array(20).fill(i));
  const served = {
    ...serving(),
    revision: 1,
    infoHashes: (): Uint8Array[] => {
      listed++;
      return hashes;
    },
  };
  const index = new SwarmIndex(served, digests);
  const nameOf = (hash: Uint8Array): Uint8Array => swarmName(nodeDigests, hash);
  for (const hash of hashes) assert.deepEqual(index.find(nameOf(hash)), hash);
  const unknown = new Uint8Array(20).fill(200);
  for (let i = 0; i < 1000; i++) assert.equal(index.find(nameOf(unknown)), null);
  assert.deepEqual([hashed, listed], [100, 1]);
  hashes.splice(0, 50, unknown);
  served.revision++;
  assert.deepEqual(index.find(nameOf(unknown)), unknown);
  assert.equal(index.find(nameOf(new Uint8Array(20).fill(0))), null, 'a torrent that has gone is still found');
  assert.deepEqual([hashed, listed], [101, 2]);
});

test('pads are drawn from 0 to 512', async () => {
  const bounds = new Set<number>();
  const below = (bound: number): number => (bounds.add(bound), random.below(bound));
  const dialling = mse({ ...options('prefer'), random: { ...random, below } }).dial(new PlayedConnection(), {
    infoHash,
  });
  dialling.catch(() => {});
  await turns();
  assert.deepEqual([...bounds], [513]);
});
