/**
 * What thousands of idle torrents cost: a session that adds COUNT torrents, each one file of PIECES pieces of 16 KiB
 * with a journal from an earlier run, until all are seeding; then its memory, and its CPU once all are announced.
 * Usage: node bench/many-torrents.ts [COUNT] [PIECES] [FOLDER]. The folder is kept, so that the next run finds it made.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metainfo } from '../src/index.ts';

const [count = '1000', pieces = '4', folder = join(tmpdir(), `many-torrents-${count}-${pieces}`), url = null] =
  process.argv.slice(2) as [string?, string?, string?, string?];
const paths = { data: join(folder, 'data'), torrents: join(folder, 'torrents'), state: join(folder, 'state') };
const PIECE = 16_384;

if (url === null) await prepareAndRun();
else await measure(url);

async function prepareAndRun(): Promise<void> {
  const tracker = createServer((_request, response) => {
    response.end('d8:intervali1800e5:peers0:e');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => tracker.once('listening', resolve));
  const announce = `http://127.0.0.1:${(tracker.address() as AddressInfo).port}/announce`;
  if (!existsSync(paths.state)) {
    await makeTorrents();
    await run('none');
  }
  await run(announce);
  tracker.close();
}

/** Files of zeros that take no space, and their torrents. */
async function makeTorrents(): Promise<void> {
  const { encode } = await import('../src/codec/bencode/index.ts');
  for (const path of Object.values(paths)) await mkdir(path, { recursive: true });
  const hash = createHash('sha1').update(new Uint8Array(PIECE)).digest();
  const hashes = Buffer.concat(Array.from({ length: Number(pieces) }, () => hash));
  for (let i = 0; i < Number(count); i++) {
    const name = `torrent-${i}.bin`;
    const length = PIECE * Number(pieces);
    const file = await open(join(paths.data, name), 'w');
    await file.truncate(length);
    await file.close();
    const info = { length, name, 'piece length': PIECE, pieces: hashes };
    await writeFile(join(paths.torrents, `${i}.torrent`), encode({ info }));
  }
}

/**
 * A session in a process of its own; the first one makes the journals. Compiled code is kept, as in the installed
 * program: what strips the types takes 10 MB that are never given back.
 */
function run(tracker: string): Promise<void> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') };
  const child = fork(import.meta.filename, [count, pieces, folder, tracker], { env });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  });
}

async function measure(tracker: string): Promise<void> {
  const { importCompiled, tuneRuntime } = await import('../src/app/runtime/index.ts');
  const { createSession, decodeTorrent } = await importCompiled(() => import('../src/index.ts'));
  const { lightMetainfo } = await import('../src/codec/metainfo/index.ts');
  tuneRuntime();
  const files = await readdir(paths.torrents);
  const session = await createSession({
    bind: ['127.0.0.1'],
    stateDirectory: paths.state,
    directory: paths.data,
    warmsUp: false,
  });
  const isFirst = tracker === 'none';
  const options = isFirst ? { trustsData: true } : { trackers: [[tracker]] };
  let hashed = 0;
  const start = performance.now();
  const completed: Promise<void>[] = [];
  for (const file of files) {
    const path = join(paths.torrents, file);
    const read = (): Metainfo => decodeTorrent(readFileSync(path));
    const torrent = await session.add(lightMetainfo(read(), read), options);
    torrent.on('state', (state) => {
      if (state.kind === 'checking' && state.total > 0) hashed++;
    });
    completed.push(torrent.completed());
  }
  await Promise.all(completed);
  const milliseconds = performance.now() - start;
  const loading = process.cpuUsage();
  if (!isFirst) {
    // Seeds announce in turn; then some quiet, in which garbage is collected.
    await sleep(Number(count) * 10 + 15_000);
    const before = process.cpuUsage();
    await sleep(10_000);
    const idle = process.cpuUsage(before);
    const { rss, heapUsed } = process.memoryUsage();
    const report = {
      torrents: files.length,
      pieces: Number(pieces),
      hashed,
      secondsUntilSeeding: rounded(milliseconds / 1000),
      cpuSeconds: rounded((loading.user + loading.system) / 1e6),
      rssMib: rounded(rss / 1024 / 1024),
      heapMib: rounded(heapUsed / 1024 / 1024),
      idleCpuPercent: rounded((idle.user + idle.system) / 1e5),
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
  await session.close();
  process.exit(0);
}

function rounded(value: number): number {
  return Math.round(100 * value) / 100;
}
