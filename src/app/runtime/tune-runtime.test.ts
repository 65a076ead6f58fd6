import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { systemClock } from '../../base/clock.ts';
import { keepHeapSmall, keepNurserySmall, tuneRuntime } from './tune-runtime.ts';

const MIB = 1024 * 1024;

// For this file alone: the test runner gives it a process of its own. Here four seconds take a tenth of one.
let timer: Disposable | undefined;
tuneRuntime({
  after(delay, fn) {
    timer = systemClock.after(delay / 40, fn);
    return timer;
  },
});
after(() => timer?.[Symbol.dispose]());

/** Some 20 MB of objects. */
const rush = (): object[] => Array.from({ length: 500_000 }, (_, i) => ({ i }));

const nursery = (): number =>
  getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0;

test('a nursery that has grown is given back in a quiet moment, and stays small though objects survive in it', async () => {
  for (let i = 0; i < 10; i++) rush();
  assert.ok(nursery() > 4 * MIB, `${nursery()} bytes`);
  keepNurserySmall();
  while (nursery() > 4 * MIB) await setTimeout(10);
  for (let i = 0; i < 30; i++) rush();
  assert.ok(nursery() <= 4 * MIB, `${nursery()} bytes`);
});

const collected = Promise.withResolvers<void>();
const registry = new FinalizationRegistry(collected.resolve);

test('what became garbage in a rush is collected in a quiet moment', async () => {
  registry.register(rush(), undefined);
  await collected.promise;
});

test('the heap is looked at without opening a file, of which too many may be open', (t) => {
  t.mock.method(process, 'memoryUsage', () => {
    throw new Error('EMFILE: too many open files, uv_resident_set_memory');
  });
  const looks: (() => void)[] = [];
  const clock = {
    after(_delay: number, look: () => void): Disposable {
      looks.push(look);
      return { [Symbol.dispose]() {} };
    },
  };
  keepHeapSmall(clock);
  looks[0]?.();
  assert.equal(looks.length, 2);
});

/** Runs a program that throws when something is not as it should be. `tune` is this module. */
function run(program: string): void {
  const module = JSON.stringify(new URL('tune-runtime.ts', import.meta.url).href);
  const whole = `import * as tune from ${module};\n${program}`;
  const options = { timeout: 60_000 };
  const { status, signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', whole], options);
  assert.deepEqual([status, signal], [0, null], stderr.toString());
}

/** Lets quiet moments pass until Node's own files take less than so many MiB of memory. */
const filesInMemory = `
  import { readFileSync } from 'node:fs';
  import { setTimeout } from 'node:timers/promises';
  const ofFiles = () => Number(/^RssFile:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]) / 1024;
  const looks = [];
  tune.keepHeapSmall({ after: (_delay, look) => looks.push(look) });
  const untilBelow = async (mebibytes) => {
    while (ofFiles() > mebibytes) {
      await setTimeout(500);
      looks.shift()();
    }
  };
  await untilBelow(ofFiles() - 10);
`;
const onLinux = { skip: process.platform !== 'linux' };

test('what a thread leaves behind is given back in a quiet moment after its end', onLinux, () => {
  run(`${filesInMemory}
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    const before = ofFiles();
    await once(new Worker('', { eval: true }), 'exit');
    const after = ofFiles();
    if (after < before + 3) throw new Error('it has left nothing');
    await untilBelow(after - 3);
  `);
});

test('what a collection of V8 leaves behind is given back in a quiet moment', onLinux, () => {
  run(`${filesInMemory}
    import { runInNewContext } from 'node:vm';
    let garbage = Array.from({ length: 50_000 }, (_, i) => ({ i }));
    await setTimeout(500);
    looks.shift()();
    const before = ofFiles();
    garbage = null;
    runInNewContext('gc')({ type: 'major' });
    const after = ofFiles();
    if (after < before + 1) throw new Error('it has left nothing');
    await untilBelow(after - 1);
  `);
});

test('what is called some thousand times is compiled while a service loads, and not any more after it', () => {
  run(`
    import { setTimeout } from 'node:timers/promises';
    import { setFlagsFromString } from 'node:v8';
    tune.tuneRuntime({ after() {} });
    setFlagsFromString('--allow-natives-syntax');
    const isCompiled = new Function('fn', 'return (%GetOptimizationStatus(fn) & 16) !== 0');
    const [early, late] = ['a', 'b'].map((name) => new Function(name, 'return ' + name + ' * 2 + 1'));
    const callSome = async (fn) => {
      for (let turn = 0; turn < 20; turn++) {
        for (let i = 0; i < 150; i++) fn(i);
        await setTimeout(5);
      }
    };
    await tune.loadFast(() => callSome(early));
    await callSome(late);
    if (!isCompiled(early)) throw new Error('it was not compiled early');
    if (isCompiled(late)) throw new Error('it was compiled');
  `);
});

test('a program whose loops are being compiled when it is tuned goes on', () => {
  const program = `
    import { tuneRuntime } from ${JSON.stringify(new URL('tune-runtime.ts', import.meta.url).href)};
    const loops = Array.from({ length: 40 }, (_, i) =>
      new Function('n', 'let s = ' + i + '; for (let k = 0; k < n; k++) s = (s * 31 + k) | 0; return s;'));
    for (const loop of loops) loop(2000);
    tuneRuntime({ after() {} });
    for (const loop of loops) loop(3_000_000);
  `;
  for (let attempt = 0; attempt < 3; attempt++) {
    const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
    assert.equal(signal, null, stderr.toString());
    assert.equal(stderr.toString(), '');
  }
});
