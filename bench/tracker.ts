/**
 * Adapter for a tracker harness: serves HTTP and UDP on IP PORT with THREADS threads until SIGTERM,
 * over shared swarms when a fourth argument names a Redis server.
 */
import { keepHeapSmall } from '../src/app/runtime/index.ts';

const [ip, port, threads = '1', swarms = null] = process.argv.slice(2) as [string, string, string?, string?];
keepHeapSmall(); // before the modules make it grow
const { TrackerServer } = await import('../src/app/tracker-server/index.ts');
await using _server = await TrackerServer.start({
  bind: [ip],
  port: Number(port),
  threads: Number(threads),
  memory: 1024 ** 3,
  allowsPrivate: true,
  // As it is checked for real, but one address stands for all clients here.
  announceLimit: { perSecond: 1e6, burst: 1e6 },
  peersPerAddress: Number.MAX_SAFE_INTEGER,
  swarms,
});
await new Promise((resolve) => process.once('SIGTERM', resolve));
