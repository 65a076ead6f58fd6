/**
 * Runs the campaigns (`test/**` + `/*.campaign.ts`) in full: the same files that `npm test` samples, with
 * DST_CAMPAIGN=1, one after the other. Arguments choose files by a part of their name: `npm run campaign -- crash`.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { closing, runTests } from './run-tests.mjs';

const root = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);
const files = globSync('test/**/*.campaign.ts', { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()
  .map((file) => join(root, file));

process.env.DST_CAMPAIGN = '1';
const result = await runTests({
  root,
  files,
  concurrency: 1,
  timeout: 12 * 3600_000,
  deadline: 12 * 3600_000,
  isVerbose: true,
  print: (text) => process.stdout.write(text),
});
process.stdout.write(`${closing([result])}\n`);
process.exitCode = result.isGood ? 0 : 1;
