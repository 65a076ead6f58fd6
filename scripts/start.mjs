/** `npm start -- ARGS` runs `dst ARGS` from source; without arguments the daemon. */
import { join } from 'node:path';
import { launch } from './launch.mjs';

const cli = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');
const args = process.argv.slice(2);

process.exitCode = await launch(process.execPath, [cli, ...(args.length > 0 ? args : ['daemon'])]);
