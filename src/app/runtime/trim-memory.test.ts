import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimMemory } from './trim-memory.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const MIB = 1024 * 1024;

// First: what it looks for is there once in a process.
test('what the start has read of the program is mapped no more', (t) => {
  const mapped = (): number => Number(/RssFile:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) / 1024;
  const before = process.platform === 'linux' ? mapped() : 0;
  if (!trimMemory()) return t.skip('not glibc, or a Node.js without node:ffi');
  assert.ok(mapped() < before / 2, `${before} MiB before, ${mapped()} MiB after`);
});

test('bytes that were freed between others go back to the system', (t) => {
  const bytes = Array.from({ length: 8000 }, () => new Uint8Array(20_000).fill(1));
  const before = process.memoryUsage.rss();
  const kept = bytes.filter((_, i) => i % 100 === 0);
  bytes.length = 0;
  collect();
  collect(); // it waits for the thread that frees what the first one has found
  if (!trimMemory()) return t.skip('not glibc, or a Node.js without node:ffi');
  assert.ok(before - process.memoryUsage.rss() > 100 * MIB, `${(before - process.memoryUsage.rss()) / MIB} MiB`);
  assert.equal(kept.length, 80);
});
