import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { importCompiled } from './import-compiled.ts';

/** Names of Node's own modules that are loaded; not in its types, for it is there to look into Node. */
const loaded = (): string[] => (process as unknown as { moduleLoadList: string[] }).moduleLoadList;

// For this file alone: the test runner gives it a process of its own, in which no engine has been loaded.
test('the engine takes nothing from Node that was not loaded before the flags changed', async () => {
  let before: ReadonlySet<string> = new Set();
  const late = await importCompiled(async () => {
    before = new Set(loaded());
    await import('../../index.ts');
    return loaded().filter((name) => name.startsWith('NativeModule') && !before.has(name));
  });
  assert.deepEqual(late, []);
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
