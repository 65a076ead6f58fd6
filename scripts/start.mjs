/** `npm start -- ARGS` runs `dst ARGS` from source; without arguments it shows the help and a demonstration. */
import { join } from 'node:path';
import { launch } from './launch.mjs';

const cli = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');
const args = process.argv.slice(2);

if (args.length > 0) {
  process.exitCode = await launch(process.execPath, [cli, ...args]);
} else {
  process.exitCode = await launch(process.execPath, [cli, '--help']);
  if (process.exitCode === 0) {
    process.exitCode = await launch(process.execPath, [join(import.meta.dirname, 'demo.mjs'), cli]);
  }
}
