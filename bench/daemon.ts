/**
 * Our daemon beside transmission-daemon and qBittorrent-nox, each with the same small torrents whose data is there:
 * seconds until all of them are seeding after a start, memory, CPU when idle. And with 10,000 torrents in ours: what the
 * list and a change cost, and how soon it answers while a transfer runs through it.
 * Usage, as root: node bench/daemon.ts. COUNTS=1000,3000,10000 in the environment says how many torrents (with one count
 * from 10,000 on: ours alone), ROUNDS=3 how many starts, PROGRAMS=dst,transmission,qbittorrent which. Built code is
 * measured where it is (npm run build). It runs in a network of its own. The folder is kept: the next run finds all added.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '../src/codec/bencode/index.ts';
import { enterNamespace } from '../test/interop/namespace.ts';
import {
  type Answer,
  Dst,
  dstProgram,
  PEER_PORT,
  type Program,
  Qbittorrent,
  Transmission,
  TransmissionCaller,
  transmissionFields,
} from './daemon-programs.ts';

const MANY = 10_000;
const PIECE = 16_384;
const BIG_PIECE = 4 * 1024 * 1024;
const BIG_PIECES = 256;
/** Of a torrent of so many pieces, each way. */
const TRANSFERS = 8;
const SECONDS_BEFORE_MEMORY = 30;
const SECONDS_IDLE = 20;
const REPEATS = 15;

const { COUNTS = '1000,3000,10000', ROUNDS = '3', PROGRAMS = 'dst,transmission,qbittorrent' } = process.env;
const base = join(tmpdir(), 'dst-daemon-bench');
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

// ---- one program beside another

async function compare(count: number): Promise<void> {
  const folder = join(base, String(count));
  const data = join(folder, 'data');
  const torrents = await makeTorrents(folder, count);
  const kinds = { dst: Dst, transmission: Transmission, qbittorrent: Qbittorrent };
  print(`\n${count} torrents          start s  RSS MiB  anonymous  after a list  idle CPU %  list ms  list MB`);
  for (const [name, Kind] of Object.entries(kinds)) {
    if (!PROGRAMS.split(',').includes(name)) continue;
    const program = new Kind(join(folder, name), data);
    await prepare(program, torrents);
    print(`${program.name.padEnd(16)} ${await figuresOf(program, count)}`);
  }
}

async function figuresOf(program: Program, count: number): Promise<string> {
  const starts: number[] = [];
  for (let round = 0; round < Number(ROUNDS); round++) {
    await program.stop();
    const start = performance.now();
    await program.start();
    await program.untilReady(count);
    starts.push((performance.now() - start) / 1000);
  }
  await sleep(SECONDS_BEFORE_MEMORY * 1000);
  const memory = program.memory();
  const anonymous = program.memory('anonymous');
  const before = program.processorTime();
  await sleep(SECONDS_IDLE * 1000);
  const idle = (100 * (program.processorTime() - before)) / SECONDS_IDLE;
  const { body } = await program.list();
  const afterList = program.memory();
  const { least } = await timesOf(() => program.list().then(({ milliseconds }) => milliseconds));
  await program.stop();
  const figures = [Math.min(...starts), memory, anonymous, afterList, idle, least, body.length / 1e6];
  const widths = [18, 8, 10, 13, 11, 8, 8];
  return `${figures.map((figure, i) => figure.toFixed(2).padStart(widths[i] ?? 0)).join(' ')}   starts ${starts.map((s) => s.toFixed(2)).join(' ')}`;
}

/** All torrents are in the program, which has been stopped in order since. */
async function prepare(program: Program, torrents: readonly string[]): Promise<void> {
  const added = join(program.folder, 'added');
  if (existsSync(added)) return;
  await program.start();
  while (
    !(await program.ready().then(
      () => true,
      () => false,
    ))
  )
    await sleep(50);
  await program.add(torrents);
  await program.untilReady(torrents.length);
  await sleep(10_000); // qBittorrent forgets what it was given just before its end
  await program.stop();
  await writeFile(added, '');
}

/** Files of zeros that take no space, and their torrents. */
async function makeTorrents(folder: string, count: number): Promise<string[]> {
  const places = { data: join(folder, 'data'), torrents: join(folder, 'torrents') };
  const files = Array.from({ length: count }, (_, i) => join(places.torrents, `${i}.torrent`));
  if (existsSync(join(folder, 'made'))) return files;
  for (const place of Object.values(places)) await mkdir(place, { recursive: true });
  for (const [i, file] of files.entries()) {
    await makeTorrent(file, places.data, { name: `torrent-${i}.bin`, pieceLength: PIECE, pieces: 4 });
  }
  await writeFile(join(folder, 'made'), '');
  return files;
}

/** Returns the info-hash, hex. */
async function makeTorrent(
  file: string,
  data: string,
  { name, pieceLength, pieces }: { name: string; pieceLength: number; pieces: number },
): Promise<string> {
  const length = pieceLength * pieces;
  const content = await open(join(data, name), 'w');
  await content.truncate(length);
  await content.close();
  const hash = createHash('sha1').update(new Uint8Array(pieceLength)).digest();
  const hashes = Buffer.concat(Array.from({ length: pieces }, () => hash));
  const info = { length, name, 'piece length': pieceLength, pieces: hashes };
  await writeFile(file, encode({ info }));
  return createHash('sha1').update(encode(info)).digest('hex');
}

// ---- the APIs of ours

async function measureApi(count: number): Promise<void> {
  const folder = join(base, String(count));
  const data = join(folder, 'data');
  const torrents = await makeTorrents(folder, count);
  const dst = new Dst(join(folder, 'dst'), data);
  await prepare(dst, torrents);
  print(`\n${count} torrents in dst daemon`);
  const start = performance.now();
  await dst.start();
  await dst.untilReady(count);
  print(`${'start'.padEnd(52)} ${((performance.now() - start) / 1000).toFixed(2)} s`);
  await sleep(10_000);
  await lists(dst);
  await answersInTransfer(dst, folder, data);
  const rpc = new TransmissionCaller(dst);
  const recent = (): Promise<Answer> => rpc.call('torrent-get', { fields: transmissionFields, ids: 'recently-active' });
  // It means the last minute, as far as somebody has asked for it.
  for (let i = 0; i <= 12; i++) await recent().then(() => sleep(5_000));
  row('Transmission torrent-get, recently-active', await timesOf(() => milliseconds(recent())));
  print(`${'memory'.padEnd(52)} ${dst.memory().toFixed(0)} MiB`);
  await dst.stop();
}

async function lists(dst: Dst): Promise<void> {
  const { torrents } = jsonOf(await dst.list()) as { torrents: { hash: string }[] };
  const stringify = await timesOf(() => {
    const start = performance.now();
    JSON.stringify(torrents);
    return performance.now() - start;
  });
  row('JSON.stringify of the same data, in the asking process', stringify);
  row('list of all', await timesOf(() => dst.read('/api/v1/torrents')));
  const hash = torrents[Math.floor(torrents.length / 2)]?.hash ?? '';
  let label = 0;
  const changeOne = async (): Promise<void> => {
    await dst.send('PATCH', `/torrents/${hash}`, { settings: { labels: [String(label++ % 2)] } });
  };
  const revision = async (): Promise<number> =>
    (jsonOf(await dst.ask('/api/v1/torrents?limit=1&fields=id')) as { revision: number }).revision;
  row('list of all, one has changed', await timesOf(() => changeOne().then(() => dst.read('/api/v1/torrents'))));
  row(
    'since=, one has changed',
    await timesOf(async () => {
      const since = await revision();
      await changeOne();
      const answer = await dst.ask(`/api/v1/torrents?since=${since}`);
      const { torrents: changed } = jsonOf(answer) as { torrents: object[] };
      if (changed.length !== 1) throw new Error(`${changed.length} have changed`);
      return answer.milliseconds;
    }),
  );
  row('50 of them, sorted, with 8 fields', await timesOf(() => milliseconds(dst.ask(FIFTY))));
  row('/stats', await timesOf(() => milliseconds(dst.ask('/api/v1/stats'))));
  let rid = 0;
  const sync = async (): Promise<Answer> => {
    const answer = await dst.ask(`/api/v2/sync/maindata?rid=${rid}`);
    ({ rid } = jsonOf(answer) as { rid: number });
    return answer;
  };
  row('qBittorrent sync/maindata, all', await timesOf(() => ((rid = 0), milliseconds(sync()))));
  row('qBittorrent sync/maindata, nothing new', await timesOf(() => milliseconds(sync())));
  row('qBittorrent sync/maindata, one has changed', await timesOf(() => changeOne().then(() => milliseconds(sync()))));
  const rpc = new TransmissionCaller(dst);
  const get = (args: object): Promise<Answer> => rpc.call('torrent-get', { fields: transmissionFields, ...args });
  await get({});
  row('Transmission torrent-get, all', await timesOf(() => milliseconds(get({}))));
}

const FIFTY =
  '/api/v1/torrents?sort=uploadRate&order=desc&limit=50&fields=hash,name,state,downloadRate,uploadRate,eta,done,totalSize';

const jsonOf = ({ body }: Answer): unknown => JSON.parse(body.toString());
const milliseconds = async (answer: Promise<Answer>): Promise<number> => (await answer).milliseconds;

interface Times {
  readonly least: number;
  readonly median: number;
}

async function timesOf(round: () => number | Promise<number>): Promise<Times> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) times.push(await round());
  times.sort((a, b) => a - b);
  return { least: times[0] ?? 0, median: times[Math.floor(REPEATS / 2)] ?? 0 };
}

function row(what: string, { least, median }: Times): void {
  print(`${what.padEnd(56)} ${least.toFixed(2).padStart(8)} ms at least, ${median.toFixed(2)} ms median`);
}

// ---- answers while data goes through the daemon

async function answersInTransfer(dst: Dst, folder: string, data: string): Promise<void> {
  for (const direction of ['upload', 'download'] as const) {
    const times = { list: [] as number[], health: [] as number[] };
    let seconds = 0;
    for (let i = 0; i < TRANSFERS; i++) seconds += await oneTransfer(dst, { folder, data, direction }, times);
    const rate = (TRANSFERS * BIG_PIECE * BIG_PIECES) / 1e6 / seconds;
    for (const [what, taken] of Object.entries(times)) {
      taken.sort((a, b) => a - b);
      const at = (share: number): string => (taken[Math.floor(taken.length * share)] ?? 0).toFixed(1);
      print(
        `${`${direction} of ${rate.toFixed(0)} MB/s: ${what}`.padEnd(56)} p50 ${at(0.5)} p99 ${at(0.99)} ms, longest ${taken.at(-1)?.toFixed(1)} of ${taken.length}`,
      );
    }
  }
}

interface Transfer {
  readonly folder: string;
  readonly data: string;
  readonly direction: 'upload' | 'download';
}

/** How long it took, seconds; what it took to be answered meanwhile goes to `times`, ms. */
async function oneTransfer(
  dst: Dst,
  { folder, data, direction }: Transfer,
  times: Record<'list' | 'health', number[]>,
): Promise<number> {
  const isUpload = direction === 'upload';
  const file = join(folder, `${direction}.torrent`);
  const name = `big-${direction}.bin`;
  const infoHash = await makeTorrent(file, data, { name, pieceLength: BIG_PIECE, pieces: BIG_PIECES });
  if (!isUpload) await rm(join(data, name), { force: true });
  const path = `/api/v1/torrents/${infoHash}`;
  const isSeeding = async (): Promise<boolean> =>
    (jsonOf(await dst.ask(path)) as { state: string }).state === 'seeding';
  const add = async (query: string): Promise<void> => {
    const headers = { 'content-type': 'application/x-bittorrent' };
    await dst.ask(`/api/v1/torrents?${query}`, { method: 'POST', headers, body: await readFile(file) });
  };
  if (isUpload) {
    await add('isCheckSkipped=true');
    while (!(await isSeeding())) await sleep(10);
  }
  const peer = new LightPeer(isUpload ? 'leech' : 'seed', infoHash);
  let hasPeerAll = false;
  if (isUpload) void peer.spoken.then(() => (hasPeerAll = true));
  else await peer.spoken;
  const start = performance.now();
  if (!isUpload) await add(`peers=["127.0.0.1:${LightPeer.port}"]`);
  for (let isOver = false; !isOver; isOver = isUpload ? hasPeerAll : await isSeeding()) {
    times.list.push(await milliseconds(dst.ask(FIFTY)));
    times.health.push(await milliseconds(dst.ask('/health')));
    await sleep(10);
  }
  const seconds = (performance.now() - start) / 1000;
  await dst.ask(`${path}?data=true`, { method: 'DELETE' });
  await peer.end();
  return seconds;
}

/** The process of `light-peer.ts` beside this file. */
class LightPeer {
  static readonly port = PEER_PORT + 10;
  /** It has said that it is up, or that it has all. */
  readonly spoken: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  constructor(role: 'seed' | 'leech', infoHash: string) {
    const port = role === 'seed' ? LightPeer.port : PEER_PORT;
    const args = [role, '127.0.0.1', port, infoHash, BIG_PIECES, BIG_PIECE].map(String);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'light-peer.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.spoken = once(child.stdout, 'data');
    this.#gone = once(child, 'exit'); // a leech ends by itself when its connection does
    this.#child = child;
  }

  async end(): Promise<void> {
    this.#child.kill();
    await this.#gone;
  }
}

// ---- all of it

const refused = await enterNamespace(import.meta.filename, ['transmission', 'qbittorrent']);
if (refused !== false) throw new Error(refused);
print(`dst is ${dstProgram}`);
for (const count of COUNTS.split(',').map(Number)) {
  if (count >= MANY) await measureApi(count);
  else await compare(count);
}
process.exit(0);
