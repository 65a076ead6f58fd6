/**
 * Loads modules with all of their functions compiled. V8 compiles a function when it is first called, and Node's
 * compile cache keeps of a module only what was compiled when it was loaded: so an engine of a hundred modules is
 * compiled anew in each run, and just when its first torrent starts. Measured: 4 ms more to load the engine, 10 ms
 * less until the first piece of a download is there.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * What the engine takes from Node. It comes before the flags change: under other flags than it was built with, Node
 * cannot use the compiled code that it brings along for its own modules (30 ms).
 */
const nodeModules = [
  'node:buffer',
  'node:crypto',
  'node:dgram',
  'node:dns/promises',
  'node:fs',
  'node:fs/promises',
  'node:https',
  'node:module',
  'node:net',
  'node:os',
  'node:perf_hooks',
  'node:util',
  'node:vm',
  'node:worker_threads',
  'node:zlib',
];

/** For programs that go on to use most of what they load. Flags hold for the whole process while it lasts. */
export async function importCompiled<T>(load: () => Promise<T>): Promise<T> {
  await Promise.all(nodeModules.map((name) => import(name)));
  process.getBuiltinModule('node:http'); // not imported, as in discovery/tracker-client/node-network.ts
  setFlagsFromString('--no-lazy');
  try {
    return await load();
  } finally {
    setFlagsFromString('--lazy');
  }
}
