/**
 * Makes the package that is published: `build.mjs [FOLDER]`, default `dist`. Why it is bundled, with its dependencies:
 * docs/adr/0010 and 0020. All code lies in one folder, because a worker is found beside the module that starts it;
 * declarations are in `types`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? join(root, 'dist'));
const manifestOf = (place) => JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));

/** What packages of CommonJS ask for Node's modules with. */
const REQUIRE = "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n";
/** How the one module begins that has the bundler's own functions; only there is `require` looked for. */
const HELPERS = /^var __require = /m;
/** What packages ask for and nothing here comes to use: Fastify's tools for JSON Schema (app/openapi), descriptions in YAML. */
const UNUSED = /^(@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler|yaml)$/;
const leaveOut = {
  name: 'leave-out',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: 'unused' }));
    onLoad({ filter: UNUSED, namespace: 'unused' }, () => ({ contents: '' }));
  },
};

rmSync(folder, { recursive: true, force: true });
const { metafile } = await build({
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
  legalComments: 'none',
  plugins: [leaveOut],
  metafile: true,
  logLevel: 'warning',
});
for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), 'utf8');
  if (HELPERS.test(text)) writeFileSync(join(folder, name), REQUIRE + text);
}

/** The licences of all packages that code was taken from. */
const packages = new Set(
  Object.keys(metafile.inputs).flatMap((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
);
const textOf = (place, pattern) =>
  readdirSync(place)
    .filter((file) => pattern.test(file))
    .map((file) => readFileSync(join(place, file), 'utf8').trim());
const licences = [...packages].sort().map((file) => {
  const place = join(root, file);
  const { name, version, license, repository } = manifestOf(place);
  const texts = textOf(place, /^(licen[cs]e|notice)/i);
  // Some have it at the end of their readme, and some nowhere.
  const told =
    texts.length > 0 ? texts : textOf(place, /^readme/i).flatMap((text) => /^#+ *licen[cs]e.*/ims.exec(text) ?? []);
  return [`${name} ${version} (${license})`, ...(told.length > 0 ? told : [repository.url])].join('\n\n');
});
writeFileSync(join(folder, 'THIRD_PARTY_LICENSES'), `${[...new Set(licences)].join(`\n\n${'-'.repeat(72)}\n\n`)}\n`);

const { name, version, description, keywords, license, type, engines } = manifestOf(root);
const manifest = {
  ...{ name, version, description, keywords, license, type, engines },
  bin: { dst: 'dst.js' },
  exports: { '.': { types: './types/index.d.ts', default: './index.js' }, './package.json': './package.json' },
};
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) cpSync(join(root, file), join(folder, file));

const tsc = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
const declarations = ['-p', 'tsconfig.build.json', '--outDir', join(folder, 'types')];
process.exitCode = spawnSync(process.execPath, [tsc, ...declarations], { cwd: root, stdio: 'inherit' }).status ?? 1;
