/**
 * Puts a test file into namespaces of its own: a network whose only interface is a loopback with the addresses
 * 10.99.0.1 to 10.99.0.12 (or others that the file asks for) and no way out, and a process tree that ends with it.
 * So ports never clash between test files, nothing reaches the outside, no client outlives its test, and
 * Transmission 3, which ignores peers at 127.0.0.1, meets its peers at other addresses.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { ensurePrograms, type ProgramName } from './setup.ts';

/** Addresses of the namespace; each client of a test has one of its own. */
export const ADDRESSES: readonly string[] = Array.from({ length: 12 }, (_, i) => `10.99.0.${i + 1}`);
/** The same in IPv6. rtorrent 0.9.8 takes a second group of digits in a UDP tracker's address for the port. */
export const IPV6_ADDRESSES: readonly string[] = Array.from({ length: 12 }, (_, i) => `fd00::${i + 1}`);

const INSIDE = 'DST_INTEROP_NAMESPACE';

/**
 * Called first by a test file, with its own path and the programs it needs, and with the addresses that the namespace
 * is to have besides 127.0.0.1 and ::1.
 * Outside it installs the programs, runs the file again inside the namespaces and exits with that run's status;
 * inside it returns false. Where that cannot be, it returns the reason: the value for node:test's `skip`.
 * Under CI=true it throws the reason instead, because there a skip is a failure.
 */
export async function enterNamespace(
  testFile: string,
  programs: readonly ProgramName[],
  addresses: readonly string[] = ADDRESSES,
): Promise<string | false> {
  if (process.env[INSIDE] === '1') {
    const outerIsGone = (): void => process.exit(1);
    process.stdin.once('end', outerIsGone).resume().unref();
    return false;
  }
  const reason = namespacesRefused() ?? ensurePrograms([...programs, 'ip']);
  if (reason === undefined) process.exit(await runInside(testFile, addresses));
  if (process.env['CI'] === 'true') throw new Error(`interop tests must run under CI=true: ${reason}`);
  return reason;
}

async function runInside(testFile: string, addresses: readonly string[]): Promise<number> {
  const setUp = ['ip link set lo up', ...addresses.map(addAddress), 'exec "$@"'].join(' && ');
  const [program, ...args] = unshare('sh', '-c', setUp, 'sh', process.execPath, ...process.execArgv, testFile);
  const env = { ...process.env, [INSIDE]: '1', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

/** An IPv6 address may be used at once only where nobody first asks whether another host has it: `nodad`. */
function addAddress(ip: string): string {
  return ip.includes(':') ? `ip addr add ${ip}/128 dev lo nodad` : `ip addr add ${ip}/32 dev lo`;
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
