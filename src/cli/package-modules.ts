/**
 * How the modules of the built package are found and read. They lie flat in one folder and are ASCII but for comments
 * (scripts/build.mjs). Node would look for each of some six hundred imports as if it could be anywhere, with functions so
 * busy that they are optimised for it, and keep each text with two bytes a character. Measured: 20 ms less in `dst info`,
 * nothing in `dst help`, 7 MiB less in the daemon.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** From now on, in this thread. `folder`: its URL, with the slash at its end. */
export function loadFromFolder(folder: string): void {
  const path = fileURLToPath(folder);
  const isInside = (url = ''): boolean => url.startsWith(folder) && !url.includes('/', folder.length);
  registerHooks({
    resolve: (specifier, context, next) => {
      if (!specifier.startsWith('./') || !isInside(context.parentURL)) return next(specifier, context);
      return { url: folder + specifier.slice(2), format: 'module', shortCircuit: true };
    },
    load: (url, context, next) => {
      if (!isInside(url)) return next(url, context);
      return { source: readFileSync(path + url.slice(folder.length), 'latin1'), format: 'module', shortCircuit: true };
    },
  });
}
