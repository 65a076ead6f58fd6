import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Script } from 'node:vm';
import { importCompiled } from './import-compiled.ts';

/** Prints which of Node's own modules are loaded along with the engine; in a process without a test runner's. */
const lateModules = (): string => `
  import { importCompiled } from ${JSON.stringify(import.meta.resolve('./import-compiled.ts'))};
  const loaded = () => process.moduleLoadList.filter((name) => name.startsWith('NativeModule'));
  const late = await importCompiled(async () => {
    const before = new Set(loaded());
    await import(${JSON.stringify(import.meta.resolve('../../index.ts'))});
    return loaded().filter((name) => !before.has(name));
  });
  console.log(late.join());
`;

test('the engine takes nothing from Node that was not loaded before the flags changed', async () => {
  const script = ['--input-type=module', '--eval', lateModules()];
  // With a cache of compiled code Node loads its type stripper when it meets a module that has changed, or never.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, script, { env });
  assert.equal(stdout.trim(), '');
});

/** Bytes of compiled code that V8 has of a script whose functions were never called. */
const compiledBytes = (): number =>
  new Script(`function f(a) { return [a, ${performance.now()}]; }`).createCachedData().length;

test('functions that nobody called are compiled in what is loaded meanwhile, and in nothing else', async () => {
  const before = compiledBytes();
  const meanwhile = await importCompiled(() => Promise.resolve(compiledBytes()));
  assert.ok(meanwhile > before + 50, `${meanwhile} bytes, ${before} before`);
  assert.ok(compiledBytes() < before + 50);
});

test('where loading fails, functions are compiled when they are called again', async () => {
  const before = compiledBytes();
  await assert.rejects(
    importCompiled(() => Promise.reject(new Error('not there'))),
    /not there/,
  );
  assert.ok(compiledBytes() < before + 50);
});
