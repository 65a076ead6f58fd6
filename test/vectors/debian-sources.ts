/**
 * Source packages of Debian that hold published test vectors, unpacked into a cache folder of the checkout.
 * apt fetches them, because it knows this machine's mirror and proxy and takes only what the archive has signed; it does
 * so with a list and folders of its own, so that it needs no root and leaves the machine's settings alone.
 * Run as a program it installs what is missing; the tests call `ensureSource`, which does so under a lock, because
 * several test files start at the same time.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const CACHE_DIR = join(import.meta.dirname, '../../.cache/vectors');

/** Part of apt; it unpacks whatever Debian compresses with. */
const APT_HELPER = '/usr/lib/apt/apt-helper';
/** What Debian signs its suites with, in every Debian. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** For one command, ms: all of them together fetch some 60 MB. */
const TIMEOUT_MS = 90_000;
/** For installing all, and waiting until others have, ms. */
const INSTALL_TIMEOUT_MS = 300_000;

export interface Source {
  /** Of Debian: the newest version in it is taken. */
  readonly suite: string;
  /** Upstream's, whose cases the tests count; it names the cache folder too, so another one is fetched anew. */
  readonly version: string;
  /** What is needed of it: patterns of tar, each of which must match. */
  readonly files: readonly string[];
}

export type SourceName = 'wycheproof' | 'golang-github-cloudflare-circl' | 'python-noiseprotocol';

/** README.md has where their vectors are from. */
const sources: Readonly<Record<SourceName, Source>> = {
  wycheproof: {
    suite: 'sid',
    version: '0.0~git20260625.ee7b4f7',
    // c2sp_chunked_encryption is among the c*, in versions that have it.
    files: [
      'aes_gcm_t',
      'c',
      'ed25519_t',
      'hkdf_sha[25]',
      'mldsa_[46]',
      'mlkem_',
      'rsa_*_4096_sha256_',
      'x25519_t',
    ].map((start) => `*/testvectors_v1/${start}*`),
  },
  'golang-github-cloudflare-circl': { suite: 'trixie', version: '1.6.1', files: ['*/testdata/ML-*'] },
  'python-noiseprotocol': { suite: 'trixie', version: '0.3.1', files: ['*/tests/vectors/cacophony.txt'] },
};

/** An unpacked package. */
export interface Unpacked {
  readonly folder: string;
  /** Whether it is the version whose cases were counted. */
  readonly isCounted: boolean;
}

/** The package, installed now where it is missing and `DST_VECTORS` has no other; else the reason why it is not here. */
export function ensureSource(name: SourceName): Unpacked | string {
  const given = process.env['DST_VECTORS'];
  if (given !== undefined && existsSync(join(given, name))) return { folder: join(given, name), isCounted: false };
  const present = () => findUnpacked(name, sources[name], CACHE_DIR);
  const found = present();
  if (found !== undefined) return found;
  if (!existsSync(APT_HELPER) || !existsSync(KEYRING)) return `${name} comes through Debian's apt, which is not here`;
  mkdirSync(CACHE_DIR, { recursive: true });
  const install = [join(CACHE_DIR, 'lock'), process.execPath, import.meta.filename];
  const causes = attempt(() => run('flock', install, CACHE_DIR, INSTALL_TIMEOUT_MS));
  return present() ?? `${name} could not be had from Debian's ${sources[name].suite}: ${causes.join()}`;
}

/** What `installSources` made of a package in `folder`, if it did. */
export function findUnpacked(name: string, { version }: Source, folder: string): Unpacked | undefined {
  const home = join(folder, `${name}_${version}`);
  const [found] = existsSync(home) ? readdirSync(home) : [];
  return found === undefined ? undefined : { folder: join(home, found), isCounted: found === version };
}

/**
 * Unpacks those of `wanted` that are missing into `folder`, from archives by their addresses, in apt's notation.
 * Throws, when it has done what it could, an error that says what is missing still, in apt's words.
 */
export function installSources(
  wanted: Readonly<Record<string, Source>>,
  folder: string,
  archives: readonly string[],
): void {
  const missing = Object.entries(wanted).filter(([name, source]) => findUnpacked(name, source, folder) === undefined);
  if (missing.length === 0) return;
  const work = join(folder, 'work');
  rmSync(work, { recursive: true, force: true });
  try {
    const suites = new Set(missing.map(([, { suite }]) => suite));
    const apt = makeApt(
      work,
      [...suites].flatMap((suite) => archives.map((at) => `deb-src ${at} ${suite} main`)),
    );
    // An archive that does not have the suite is no matter when another has it.
    const failures = attempt(() => apt('update'));
    const unpacked = missing.flatMap(([name, source]) => attempt(() => unpackNewest(apt, name, source, work, folder)));
    if (unpacked.length > 0) throw new Error([...failures, ...unpacked].join('\n'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Calls `body`; what it threw, in words of one line. */
function attempt(body: () => void): readonly string[] {
  try {
    body();
    return [];
  } catch (error) {
    return [(error instanceof Error ? error.message : String(error)).replaceAll('\n', ' | ')];
  }
}

type Apt = (...args: readonly string[]) => void;

/** apt-get with the sources of `lines` only, and all its files in `work`. */
function makeApt(work: string, lines: readonly string[]): Apt {
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(work, name), { recursive: true });
  const list = join(work, 'sources.list');
  writeFileSync(list, `${lines.join('\n')}\n`);
  const settings = {
    'Dir::Etc::SourceList': list,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': 'root', // The user that it would else become may have no access to this checkout.
    'Acquire::http::Timeout': '20', // Seconds.
    'APT::Update::Error-Mode': 'any', // What could not be fetched is an error then, no warning.
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return (...args) => void run('apt-get', ['-q', ...options, ...args], work);
}

function unpackNewest(apt: Apt, name: string, source: Source, work: string, folder: string): void {
  apt('source', '--download-only', '--tar-only', `${name}/${source.suite}`);
  const [archive] = globSync(`${name}_*.orig.tar.{gz,bz2,xz,zst}`, { cwd: work });
  if (archive === undefined) throw new Error(`${name} has no upstream archive`);
  const version = archive.slice(name.length + 1, archive.indexOf('.orig.tar.'));
  const unpacked = join(work, `${name}.unpacked`);
  mkdirSync(unpacked);
  const pipe = `archive=$1 into=$2; shift 2
    ${APT_HELPER} cat-file "$archive" | tar -x -C "$into" --strip-components=1 --no-same-owner --wildcards -- "$@"`;
  run('sh', ['-c', pipe, 'sh', archive, unpacked, ...source.files], work);
  const home = join(folder, `${name}_${source.version}`, version);
  mkdirSync(dirname(home), { recursive: true });
  renameSync(unpacked, home);
}

/**
 * The archives that this machine's apt has its packages from, without those of security fixes, updates and the like.
 * It knows them before its first update too.
 */
function configuredArchives(): readonly string[] {
  const format = '$(REPO_URI) $(RELEASE)';
  const targets = run('apt-get', ['--no-release-info', 'indextargets', '--format', format], '/').trim().split('\n');
  const archives = targets.flatMap((target) => /^(\S+) [^-]+$/.exec(target)?.[1] ?? []);
  return [...new Set(archives)].map((archive) => `[signed-by=${KEYRING}] ${archive}`);
}

/** Runs a program and gives what it printed; throws when it fails, with what it wrote to stderr as the message. */
function run(program: string, args: readonly string[], cwd: string, timeout = TIMEOUT_MS): string {
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, { cwd, timeout, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim() || `${program} ended with ${status ?? signal}`);
  return stdout;
}

if (import.meta.main) {
  const [failure] = attempt(() => installSources(sources, CACHE_DIR, configuredArchives()));
  if (failure !== undefined) {
    process.stderr.write(`${failure}\n`);
    process.exitCode = 1;
  }
}
