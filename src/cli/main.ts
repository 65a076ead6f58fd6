#!/usr/bin/env node
/** Entry of the `dst` command. What the command line needs is loaded, and nothing else. */
import { enableCompileCache } from 'node:module';
import { clientName } from '../base/version.ts';
import { loadFromFolder } from './package-modules.ts';

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${clientName}\n`);
} else {
  enableCompileCache();
  const isBuilt = import.meta.url.endsWith('.js');
  if (isBuilt) loadFromFolder(new URL('.', import.meta.url).href);
  const { run } = await import('./run.ts');
  process.exit(await run(argv));
}
