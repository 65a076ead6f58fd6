/**
 * Makes the published code: `build.mjs [FOLDER]`, default `dist`. Why it is bundled: docs/adr/0010. All files lie in
 * one folder, because a worker is found beside the module that starts it; declarations are in `types`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(root, 'dist'));

rmSync(folder, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: {
    index: 'src/index.ts',
    dst: 'src/cli/main.ts',
    'disk.worker': 'src/storage/file/disk.worker.ts',
    'tracker.worker': 'src/app/tracker-server/threads/tracker.worker.ts',
  },
  outdir: folder,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  packages: 'external',
  logLevel: 'warning',
});

const tsc = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
const declarations = ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'types')];
process.exitCode = spawnSync(process.execPath, [tsc, ...declarations], { cwd: root, stdio: 'inherit' }).status ?? 1;
