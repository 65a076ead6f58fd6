/** The command that tests mean by `dst`: of the sources, or of what was built of them where all tests run, which starts sooner. */
import { join } from 'node:path';

export const dstCommand: readonly [program: string, script: string] = [
  process.execPath,
  process.env['TESTED_DST'] ?? join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts'),
];
