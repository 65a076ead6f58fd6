/**
 * Installs the real programs that the interop tests run against.
 * Debian packages come through apt-get (as root only), webtorrent and its tracker client through npm into a cache folder
 * of the checkout.
 * Run as a program it installs what is missing; the tests call `ensurePrograms`, which does so under a lock,
 * because several test files start at the same time.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Folder of everything the interop tests install for themselves. */
export const CACHE_DIR: string = join(import.meta.dirname, '../../.cache/interop');

/** Exact versions: npm running on an old Node would otherwise quietly choose old releases. */
const NPM_PACKAGES = { webtorrent: '3.0.21', 'bittorrent-tracker': '11.2.3' };
/** The first WebRTC for Node whose binaries are packages; those before are fetched by an install script. */
const NPM_OVERRIDES = { 'node-datachannel': '0.33.4' };

const INSTALL_TIMEOUT_MS = 600_000;

/** Debian's own Python: python3-libtorrent is built for it and no other. */
export const PYTHON = '/usr/bin/python3';

export type ProgramName =
  | 'transmission'
  | 'libtorrent'
  | 'aria2'
  | 'qbittorrent'
  | 'rtorrent'
  | 'opentracker'
  | 'postgresql'
  | 'redis'
  | 'age'
  | 'cryptography'
  | 'argon2'
  | 'ip'
  | 'tcpdump'
  | 'promtool'
  | 'systemd-analyze'
  | 'transmission-remote'
  | 'transmission-web'
  | 'chromium'
  | 'ffmpeg'
  | 'curl'
  | 'faketime'
  | 'webtorrent'
  | 'bittorrent-tracker'
  | 'webrtc';

/** Each program: the Debian package that holds it (those without come through npm), and how to see that it is there. */
const PROGRAMS: Record<ProgramName, { package?: string; isPresent: () => boolean }> = {
  transmission: { package: 'transmission-daemon', isPresent: () => isOnPath('transmission-daemon') },
  libtorrent: { package: 'python3-libtorrent', isPresent: () => canImport('libtorrent') },
  aria2: { package: 'aria2', isPresent: () => isOnPath('aria2c') },
  qbittorrent: { package: 'qbittorrent-nox', isPresent: () => isOnPath('qbittorrent-nox') },
  rtorrent: { package: 'rtorrent', isPresent: () => isOnPath('rtorrent') },
  opentracker: { package: 'opentracker', isPresent: () => isOnPath('opentracker') },
  postgresql: { package: 'postgresql', isPresent: () => postgresqlFolder() !== undefined },
  redis: { package: 'redis-server', isPresent: () => isOnPath('redis-server') },
  age: { package: 'age', isPresent: () => isOnPath('age') },
  cryptography: { package: 'python3-cryptography', isPresent: () => canImport('cryptography') },
  argon2: { package: 'python3-argon2', isPresent: () => canImport('argon2') },
  ip: { package: 'iproute2', isPresent: () => isOnPath('ip') },
  tcpdump: { package: 'tcpdump', isPresent: () => isOnPath('tcpdump') },
  promtool: { package: 'prometheus', isPresent: () => isOnPath('promtool') },
  'systemd-analyze': { package: 'systemd', isPresent: () => isOnPath('systemd-analyze') },
  'transmission-remote': { package: 'transmission-cli', isPresent: () => isOnPath('transmission-remote') },
  'transmission-web': {
    package: 'transmission-common',
    isPresent: () => existsSync('/usr/share/transmission/web/index.html'),
  },
  chromium: { package: 'chromium', isPresent: () => isOnPath('chromium') },
  ffmpeg: { package: 'ffmpeg', isPresent: () => isOnPath('ffmpeg') },
  curl: { package: 'curl', isPresent: () => isOnPath('curl') },
  faketime: { package: 'libfaketime', isPresent: () => faketimeLibrary() !== undefined },
  webtorrent: { isPresent: () => existsSync(join(CACHE_DIR, 'node_modules/webtorrent/package.json')) },
  'bittorrent-tracker': {
    isPresent: () => existsSync(join(CACHE_DIR, 'node_modules/bittorrent-tracker/package.json')),
  },
  webrtc: { isPresent: () => globSync(join(CACHE_DIR, 'node_modules/@node-datachannel/*/*.node')).length > 0 },
};

/** Loaded into a program, it has that see another time; undefined when it is not installed. */
export const faketimeLibrary = (): string | undefined => globSync('/usr/lib/*/faketime/libfaketime.so.1')[0];

/**
 * Makes sure that the named programs are installed, installing all that are missing.
 * Returns undefined when they are there, else the reason why not, in words for the test report.
 */
export function ensurePrograms(names: readonly ProgramName[]): string | undefined {
  const missing = () => names.filter((name) => !PROGRAMS[name].isPresent());
  if (missing().length === 0) return undefined;
  if (missing().some((name) => PROGRAMS[name].package !== undefined)) {
    if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
      return `${missing().join(', ')} not installed, and installing needs root and apt-get`;
    }
  }
  mkdirSync(CACHE_DIR, { recursive: true });
  let cause = 'not found although installed';
  try {
    run(['flock', join(CACHE_DIR, 'lock'), process.execPath, import.meta.filename]);
  } catch (error) {
    cause = `could not be installed: ${lastLines(String(error))}`;
  }
  return missing().length === 0 ? undefined : `${missing().join(', ')} ${cause}`;
}

/** Installs every program that is missing. */
function installAll(): void {
  const missing = Object.values(PROGRAMS).filter((program) => !program.isPresent());
  const packages = missing.flatMap((program) => program.package ?? []);
  if (packages.length > 0 && process.getuid?.() === 0) installDebian(packages);
  if (missing.some((program) => program.package === undefined)) installNpm();
}

/** Installs Debian packages, and keeps Debian from starting the daemons among them as services. */
function installDebian(packages: readonly string[]): void {
  const policy = '/usr/sbin/policy-rc.d';
  const ownPolicy = !existsSync(policy);
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-q'] as const;
  try {
    run([...apt, 'update']);
    run([...apt, 'install', '-y', '--no-install-recommends', ...packages]);
  } finally {
    if (ownPolicy) rmSync(policy);
  }
}

/** Installs the npm programs without their install scripts: those would download binaries from anywhere. */
function installNpm(): void {
  const packages = { private: true, dependencies: NPM_PACKAGES, overrides: NPM_OVERRIDES };
  writeFileSync(join(CACHE_DIR, 'package.json'), `${JSON.stringify(packages, null, 2)}\n`);
  rmSync(join(CACHE_DIR, 'package-lock.json'), { force: true }); // of other versions
  run(['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts']);
}

/** Runs a program in the cache folder; throws when it fails, with what it wrote to stderr in the message. */
function run([program, ...args]: readonly [program: string, ...args: string[]]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync(program, args, {
    cwd: CACHE_DIR,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_TIMEOUT_MS,
  });
}

function isOnPath(command: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, command)));
}

function canImport(module: string): boolean {
  return spawnSync(PYTHON, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
}

/** Folder of the newest PostgreSQL's programs: Debian keeps them off the path, because several may be installed. */
export function postgresqlFolder(): string | undefined {
  const byVersion = new Intl.Collator('en', { numeric: true });
  return globSync('/usr/lib/postgresql/*/bin/postgres').map(dirname).sort(byVersion.compare).at(-1);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}

if (import.meta.main) {
  mkdirSync(CACHE_DIR, { recursive: true });
  installAll();
}
