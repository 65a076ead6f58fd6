/**
 * What protections cost: one sealed torrent goes from a seeder to a reader, each a process with a session of its own, in
 * plaintext, under MSE and under Noise, in turns. Prints a line of JSON for each transfer, the ratios of the medians
 * to plaintext (CPU time is what a busy machine does not blur), and the time of a handshake.
 * Usage: node bench/protections.ts [MIB] [ROUNDS] [FOLDER]   (1024, 3, the folder for temporary files)
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '../src/base/random.ts';
import { hybridIdentity, hybridRecipient } from '../src/codec/dst/index.ts';
import { NoiseHandshake } from '../src/crypto/noise/handshake.ts';
import { nodePrimitives } from '../src/crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../src/crypto/x-wing.ts';

const MIB = 1024 * 1024;
const names = ['plaintext', 'mse', 'noise'] as const;
type Name = (typeof names)[number];

/** What a process of a transfer is told. */
interface Part {
  readonly name: Name;
  readonly torrent: string;
  readonly seed: string;
  readonly directory: string;
  /** Of the seeder; null: this is it. */
  readonly port: number | null;
}

async function compare(size: number, count: number, parentFolder: string): Promise<void> {
  const folder = await mkdtemp(join(parentFolder, 'dst-protections-'));
  try {
    const made = await makeTorrents(folder, size);
    const costs: Record<Name, Cost[]> = { plaintext: [], mse: [], noise: [] };
    for (let round = 0; round < count; round++) {
      for (const name of names) {
        const cost = await transfer({ ...made, name }, folder);
        costs[name].push(cost);
        const load = Number(loadavg()[0]?.toFixed(2));
        print({ name, ...cost, mibPerSecond: Math.round(size / cost.seconds), load });
      }
    }
    const ratio = (name: Name, measure: keyof Cost): number =>
      rounded(median(costs.plaintext.map((cost) => cost[measure])) / median(costs[name].map((cost) => cost[measure])));
    for (const measure of ['seconds', 'cpu'] as const)
      print({ toPlaintext: { measure, mse: ratio('mse', measure), noise: ratio('noise', measure) } });
    print({ handshakeMs: handshakeCost() });
  } finally {
    await rm(folder, { recursive: true });
  }
}

const print = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
const rounded = (value: number): number => Number(value.toFixed(3));
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** The same files under each demand, in one of which there is no choice. */
async function makeTorrents(folder: string, size: number): Promise<Pick<Part, 'torrent' | 'seed' | 'directory'>> {
  const { createSealedTorrent } = await import('../src/index.ts');
  const file = await open(join(folder, 'content'), 'w');
  const block = systemRandom.bytes(MIB);
  for (let i = 0; i < size; i++) {
    block.set(Uint8Array.of(i & 255, i >> 8));
    await file.write(block);
  }
  await file.close();
  const seed = systemRandom.bytes(32);
  const recipient = hybridRecipient(nodePrimitives, systemRandom, xWingPublicKeyOf(nodePrimitives, seed));
  const paths: string[] = [];
  for (const transport of ['off', 'required'] as const) {
    const options = { recipients: [recipient], transport, format: 'v1' } as const; // the least of hashing
    const { bytes } = await createSealedTorrent(join(folder, 'content'), options);
    paths.push(Buffer.from(bytes).toString('base64'));
  }
  return { torrent: paths.join(' '), seed: Buffer.from(seed).toString('hex'), directory: folder };
}

/** Seconds from adding to completion, and of CPU time meanwhile, of both processes. */
interface Cost {
  readonly seconds: number;
  readonly cpu: number;
}

async function transfer(part: Omit<Part, 'port'>, folder: string): Promise<Cost> {
  const children = [0, 1].map(() => fork(import.meta.filename));
  const [seeder, reader] = children as [(typeof children)[0], (typeof children)[0]];
  const target = join(folder, 'received');
  try {
    seeder.send({ ...part, port: null } satisfies Part);
    const [port] = (await once(seeder, 'message')) as [number];
    reader.send({ ...part, port, directory: target } satisfies Part);
    const [cost] = (await once(reader, 'message')) as [Cost];
    seeder.send('done');
    const [seeding] = (await once(seeder, 'message')) as [number];
    return { seconds: rounded(cost.seconds), cpu: rounded(cost.cpu + seeding) };
  } finally {
    const exits = children.map(async (child) => void (child.exitCode ?? (await once(child, 'exit'))));
    for (const child of children) child.kill();
    await Promise.all(exits);
    await rm(target, { recursive: true, force: true });
  }
}

/** One side of a transfer, in its process. */
async function take({ name, torrent, seed, directory, port }: Part): Promise<void> {
  const { tuneRuntime } = await import('../src/app/runtime/index.ts');
  const { createSession, openSealedTorrent } = await import('../src/index.ts');
  tuneRuntime();
  const [off = '', required = ''] = torrent.split(' ');
  const file = Buffer.from(name === 'noise' ? required : off, 'base64');
  const identities = [hybridIdentity(nodePrimitives, Buffer.from(seed, 'hex'))];
  const { metainfo } = await openSealedTorrent(file, identities);
  const session = await createSession({
    bind: ['127.0.0.1'],
    useTrackers: false,
    stateDirectory: await mkdtemp(join(tmpdir(), 'dst-state-')),
    encryption: name === 'mse' ? 'required' : 'plaintext',
  });
  const peers = port === null ? [] : [{ host: '127.0.0.1', port }];
  const start = performance.now();
  const before = process.cpuUsage();
  const handle = await session.add(metainfo, { directory, isSeedOnly: port === null, peers });
  await handle.completed();
  const seconds = (performance.now() - start) / 1000;
  const spent = process.cpuUsage(before);
  if (port !== null) process.send?.({ seconds, cpu: (spent.user + spent.system) / 1e6 } satisfies Cost);
  else {
    const idle = process.cpuUsage();
    process.send?.(session.listening[0]?.port);
    await once(process, 'message');
    const { user, system } = process.cpuUsage(idle);
    process.send?.((user + system) / 1e6);
  }
}

/** CPU time of each side of a Noise handshake, ms. */
function handshakeCost(): { readonly dialler: number; readonly listener: number } {
  const spent = [0, 0];
  const runs = 200;
  const common = { pattern: 'XXhfs+psk3', cipher: 'AESGCM', prologue: new Uint8Array(20) } as const;
  for (let run = 0; run < runs; run++) {
    const sides = [true, false].map(
      (isInitiator) =>
        new NoiseHandshake(nodePrimitives, systemRandom, {
          ...common,
          isInitiator,
          staticKey: systemRandom.bytes(32),
          psk: new Uint8Array(32),
        }),
    );
    let message: Uint8Array = new Uint8Array(0);
    for (let turn = 0; turn < 4; turn++) {
      const start = performance.now();
      const side = sides[turn % 2] as NoiseHandshake;
      if (turn > 0) side.read(message);
      if (side.isOurTurn) message = side.write(new Uint8Array(0)) as Uint8Array;
      if (side.isDone) side.finish();
      spent[turn % 2] = (spent[turn % 2] as number) + performance.now() - start;
    }
  }
  const [dialler = 0, listener = 0] = spent.map((ms) => Number((ms / runs).toFixed(3)));
  return { dialler, listener };
}

const [first = '1024', rounds = '3', parent = tmpdir()] = process.argv.slice(2);
if (process.send !== undefined) process.once('message', (part) => void take(part as Part));
else await compare(Number(first), Number(rounds), parent);
