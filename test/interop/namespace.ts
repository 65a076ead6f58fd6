/**
 * Puts a test file into namespaces of its own: a network whose only interface is a loopback with the addresses
 * 10.99.0.1 to 10.99.0.12 and no way out, and a process tree that ends with the test file.
 * So ports never clash between test files, nothing reaches the outside, no client outlives its test, and
 * Transmission 3, which ignores peers at 127.0.0.1, meets its peers at other addresses.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { ensurePrograms, type ProgramName } from './setup.ts';

/** Addresses of the namespace; each client of a test has one of its own. */
export const ADDRESSES: readonly string[] = Array.from({ length: 12 }, (_, i) => `10.99.0.${i + 1}`);

const INSIDE = 'DST_INTEROP_NAMESPACE';
const SET_UP = `ip link set lo up && for a in ${ADDRESSES.join(' ')}; do ip addr add $a/32 dev lo; done && exec "$@"`;

/**
 * Called first by a test file, with its own path and the programs it needs.
 * Outside it installs the programs, runs the file again inside the namespaces and exits with that run's status;
 * inside it returns false. Where that cannot be, it returns the reason: the value for node:test's `skip`.
 * Under CI=true it throws the reason instead, because there a skip is a failure.
 */
export async function enterNamespace(testFile: string, programs: readonly ProgramName[]): Promise<string | false> {
  if (process.env[INSIDE] === '1') {
    const outerIsGone = (): void => process.exit(1);
    process.stdin.once('end', outerIsGone).resume().unref();
    return false;
  }
  const reason = namespacesRefused() ?? ensurePrograms([...programs, 'ip']);
  if (reason === undefined) process.exit(await runInside(testFile));
  if (process.env['CI'] === 'true') throw new Error(`interop tests must run under CI=true: ${reason}`);
  return reason;
}

async function runInside(testFile: string): Promise<number> {
  const [program, ...args] = unshare('sh', '-c', SET_UP, 'sh', process.execPath, ...process.execArgv, testFile);
  const env = { ...process.env, [INSIDE]: '1', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

function namespacesRefused(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const [program, ...args] = unshare('true');
  const probe = spawnSync(program, args, { encoding: 'utf8' });
  if (probe.status === 0) return undefined;
  return `this machine refuses network namespaces: ${(probe.stderr || String(probe.error)).trim()}`;
}

/** The command line that runs `command` in new namespaces. */
function unshare(...command: string[]): [program: string, ...args: string[]] {
  return ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--', ...command];
}
