/**
 * What the API costs with many torrents: the list of all beside JSON.stringify of the same data, and the change of one.
 * Over a real connection to this machine, asked by another thread, with a client that is only memory.
 * Usage: node bench/api.ts [COUNT].
 */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const ROUNDS = 15;

if (isMainThread) await serve(Number(process.argv[2] ?? 10_000));
else answerQuestions(workerData as { port: number; token: string });

async function serve(count: number): Promise<void> {
  const [{ FakeClient }, { memoryAccess }, { systemClock }, { silentLogger }, { systemRandom }, { ClientServer }] =
    await Promise.all([
      import('../test/support/fake-client.ts'),
      import('../test/support/memory-access.ts'),
      import('../src/base/clock.ts'),
      import('../src/base/logger.ts'),
      import('../src/base/random.ts'),
      import('../src/app/client-api/index.ts'),
    ]);
  const client = new FakeClient();
  for (let i = 0; i < count; i++) client.torrents.addSample({ name: `torrent number ${i}`, pieceLength: 262_144 });
  const { access } = await memoryAccess();
  const { token } = await access.addToken({ name: 'bench', scope: 'admin', owner: null, expiresAt: null });
  const server = await ClientServer.listen(
    { bind: ['127.0.0.1'], port: 0, socket: null, certificate: null },
    { client, access, clock: systemClock, random: systemRandom, logger: silentLogger, hostNames: () => [] },
  );
  const asking = new Worker(new URL(import.meta.url), { workerData: { port: server.addresses[0]?.port, token } });
  /** Milliseconds until the answer is there whole. */
  const ask = async (path: string): Promise<number> => {
    asking.postMessage(path);
    return ((await once(asking, 'message')) as [number])[0];
  };
  await ask('/torrents');
  const views = client.torrents.all().map((torrent) => torrent.view());
  process.stdout.write(`${count} torrents, ${(JSON.stringify(views).length / 1e6).toFixed(1)} MB\n`);
  await report('JSON.stringify of the same data', () => {
    const start = performance.now();
    JSON.stringify(views);
    return performance.now() - start;
  });
  await report('the list', () => ask('/torrents'));
  await report('the list, sorted by name', () => ask('/torrents?sort=name'));
  await report('the list, 8 fields', () =>
    ask('/torrents?fields=hash,name,state,downloadRate,uploadRate,eta,done,totalSize'),
  );
  await report('50 of them, sorted by rate', () => ask('/torrents?sort=downloadRate&order=desc&limit=50'));
  await report('the change of one', () => {
    const { revision } = client.torrents.changes(0);
    client.torrents.all()[Math.floor(count / 2)]?.set({ downloadRate: 1 });
    return ask(`/torrents?since=${revision}`);
  });
  await asking.terminate();
  await server.close(0);
}

/** Least and median time of some rounds. */
async function report(what: string, round: () => number | Promise<number>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) times.push(await round());
  times.sort((a, b) => a - b);
  const [least, median] = [times[0], times[Math.floor(ROUNDS / 2)]] as [number, number];
  process.stdout.write(
    `${what.padEnd(40)} ${least.toFixed(1).padStart(8)} ms at least, ${median.toFixed(1)} ms median\n`,
  );
}

function answerQuestions({ port, token }: { port: number; token: string }): void {
  const headers = { authorization: `Bearer ${token}` };
  parentPort?.on('message', (path: string) => {
    const start = performance.now();
    get({ host: '127.0.0.1', port, path: `/api/v1${path}`, headers }, (response: IncomingMessage) => {
      if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
      response.resume();
      response.on('end', () => parentPort?.postMessage(performance.now() - start));
    });
  });
}
