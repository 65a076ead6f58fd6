/**
 * A host with two ways out, `vpn` and `eth`, and behind both of them the same world: made of network namespaces. The
 * test runs on the host; its default routes lead out by `eth`, and what comes from the addresses of `vpn` is told by a
 * rule to leave there. Call `enterNamespace` before.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Addresses of the host. */
export const HOST = { vpn: '10.8.0.2', vpn6: 'fd08::2', eth: '192.0.2.2', eth6: 'fd02::2' } as const;
/** Addresses in the world: of servers and peers, of a name server, and of its ends of the two links. */
export const WORLD = {
  server: '198.51.100.1',
  server6: '2001:db8:1::1',
  names: '198.51.100.53',
  vpn: '10.8.0.1',
  eth: '192.0.2.1',
} as const;

const TABLE = '8471';

export class TwoNetworks implements Disposable {
  /** Command by which something runs in the world. */
  readonly inWorld: readonly string[];
  readonly #pid: number;

  private constructor(pid: number) {
    this.#pid = pid;
    this.inWorld = ['nsenter', '-t', String(pid), '--net', '--'];
  }

  static async open(): Promise<TwoNetworks> {
    const holder = spawn('unshare', ['--net', '--', 'sleep', 'infinity'], { stdio: 'ignore' });
    const pid = holder.pid ?? 0;
    const network = (process: string): string => readlinkSync(`/proc/${process}/ns/net`);
    while (network(String(pid)) === network('self')) await sleep(5);
    const networks = new TwoNetworks(pid);
    networks.#world('ip link set lo up');
    for (const host of [WORLD.server, WORLD.names]) networks.#world(`ip addr add ${host}/32 dev lo`);
    networks.#world(`ip addr add ${WORLD.server6}/128 dev lo nodad`);
    networks.#link('eth', '192.0.2', 'fd02');
    networks.#connect('eth', '192.0.2', 'fd02');
    run('ip route add default via 192.0.2.1');
    run('ip -6 route add default via fd02::1');
    networks.makeVpn();
    networks.addRules();
    return networks;
  }

  /** A new interface, with addresses and routes. Nothing comes in by it before it has these: answers would go elsewhere. */
  makeVpn(): void {
    this.#link('vpn', '10.8.0', 'fd08');
    this.#routeVpn();
    this.#connect('vpn', '10.8.0', 'fd08');
  }

  removeVpn(): void {
    run('ip link del vpn');
  }

  /** As a tunnel that stops: its routes go, its IPv4 address stays. */
  vpnDown(): void {
    run('ip link set vpn down');
  }

  /** And begins again, with its routes before anything comes in. */
  vpnUp(): void {
    this.#world('ip link set vpnw down');
    run('ip link set vpn up');
    run('ip -6 addr replace fd08::2/64 dev vpn nodad');
    this.#routeVpn();
    this.#connect('vpn', '10.8.0', 'fd08');
  }

  #routeVpn(): void {
    run(`ip route replace default via 10.8.0.1 dev vpn table ${TABLE}`);
    run(`ip -6 route replace default via fd08::1 dev vpn table ${TABLE}`);
  }

  /** What comes from the addresses of `vpn` leaves by it, also what the kernel answers by itself. */
  addRules(): void {
    run(`ip rule add from ${HOST.vpn} table ${TABLE}`);
    run(`ip -6 rule add from ${HOST.vpn6} table ${TABLE}`);
  }

  removeRules(): void {
    run(`ip rule del from ${HOST.vpn} table ${TABLE}`);
    run(`ip -6 rule del from ${HOST.vpn6} table ${TABLE}`);
  }

  /** Runs a program in the world to its end; what it wrote to stdout. */
  runInWorld(...command: string[]): string {
    const [program, ...args] = [...this.inWorld, ...command] as [string, ...string[]];
    return execFileSync(program, args, { encoding: 'utf8' });
  }

  [Symbol.dispose](): void {
    process.kill(this.#pid, 'SIGKILL');
  }

  #world(command: string): void {
    run([...this.inWorld, command].join(' '));
  }

  /** A cable from the host (.2) to the world (.1), which is not plugged in there yet. */
  #link(name: string, v4: string, v6: string): void {
    run(`ip link add ${name} type veth peer name ${name}w netns ${this.#pid}`);
    run(`ip addr add ${v4}.2/24 dev ${name}`);
    run(`ip link set ${name} up`);
    run(`ip -6 addr add ${v6}::2/64 dev ${name} nodad`);
  }

  #connect(name: string, v4: string, v6: string): void {
    this.#world(`ip addr replace ${v4}.1/24 dev ${name}w`);
    this.#world(`ip link set ${name}w up`);
    this.#world(`ip -6 addr replace ${v6}::1/64 dev ${name}w nodad`);
  }
}

function run(command: string): void {
  const [program, ...args] = command.split(' ') as [string, ...string[]];
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** What the host sends by an interface, of IP but for the kernel's neighbour discovery: a line for each packet. */
export class Capture implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: ReturnType<typeof spawn>;
  readonly #ended: Promise<unknown>;

  private constructor(child: ReturnType<typeof spawn>) {
    this.#child = child;
    this.#ended = once(child, 'close');
  }

  static async of(name: string): Promise<Capture> {
    const filter = 'ip or (ip6 and (tcp or udp))';
    const flags = ['-Z', 'root', '-i', name, '-Q', 'out', '-n', '-l', '--immediate-mode', filter];
    const child = spawn('tcpdump', flags, { stdio: ['ignore', 'pipe', 'pipe'] });
    const capture = new Capture(child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line !== '') capture.lines.push(line); // it ends with an empty one
    });
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (line.includes('listening on')) resolve();
      });
    });
    return capture;
  }

  /** Resolves when something with these words was seen. */
  async shows(words: string): Promise<void> {
    while (!this.lines.some((line) => line.includes(words))) await sleep(5);
  }

  /** Ends it; all that was sent until now, but for the last packets that it has not looked at yet. */
  async end(): Promise<readonly string[]> {
    this.#child.kill('SIGINT');
    await this.#ended;
    return this.lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
