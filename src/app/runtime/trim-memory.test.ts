import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { trimMemory, unchangedFiles } from './trim-memory.ts';

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

test('pages that differ from their file stay mapped, also when they were swapped out', () => {
  const mapping = (at: string, rights: string, anonymous: number, swap: number): string =>
    [
      `${at}000-${at}100 ${rights} 00000000 fe:00 339380                     /usr/lib/libc.so.6`,
      ...['Size:                 4 kB', `Anonymous:            ${anonymous} kB`, 'LazyFree:             0 kB'],
      ...[`Swap:                 ${swap} kB`, 'SwapPss:              0 kB', 'VmFlags: rd mr mw me sd', ''],
    ].join('\n');
  const smaps = [
    ...[
      mapping('1', 'r--p', 0, 0),
      mapping('2', 'r--p', 4, 0),
      mapping('3', 'r--p', 0, 16),
      mapping('4', 'r-xp', 0, 0),
    ],
    ...[mapping('5', 'rw-p', 0, 0), mapping('6', 'r--p', 0, 4)],
  ];
  const length = 0x100n;
  assert.deepEqual(unchangedFiles(smaps.join('')), [
    { start: 0x1000n, length },
    { start: 0x4000n, length },
  ]);
});
