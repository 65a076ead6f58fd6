/**
 * Torrents that are bound to a network interface, on a host with two of them: what the kernel sends by the other one is
 * captured, and it is nothing. The host, the world behind it, its tracker and its name server are network namespaces and
 * programs of our own (`two-networks.ts`); docs/egress.md says what is promised.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { enterNamespace } from '../interop/namespace.ts';
import { assertFails, dst, DstRun, scratchFolder } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';
import { type DiskTorrent, diskTorrent } from './disk-torrent.ts';
import { serveNames } from './name-server.ts';
import { Capture, HOST, TwoNetworks, WORLD } from './two-networks.ts';

const skip = await enterNamespace(import.meta.filename, ['ip', 'tcpdump'], []);

const NAME = 'tracker.example';
const TRACKER_PORT = 6969;
const SEED_PORT = 7000;
/** Of a seed that takes its time. */
const SLOW_PORT = 7002;
const byInterface = ['--interface', 'vpn', '--name-server', WORLD.names];
const fromSeed = ['--no-trackers', '--peer', `${WORLD.server}:${SEED_PORT}`];

describe('torrents bound to a network interface', { skip, timeout: 540_000 }, () => {
  let networks: TwoNetworks;
  let torrent: DiskTorrent;
  const resources = new AsyncDisposableStack();
  /** Questions that the name server of the world was asked: source and name. */
  const asked: string[] = [];

  before(async () => {
    networks = resources.use(await TwoNetworks.open());
    const folder = resources.use(await scratchFolder());
    torrent = await diskTorrent(folder.path, { files: [12_000_000], version: 'v1', pieceLength: 65_536 });
    const within = networks.inWorld;
    const world = ['--bind', WORLD.server, '--bind', WORLD.server6, '--port'];
    const tracker = resources.use(
      new DstRun(['tracker', ...world, String(TRACKER_PORT), '--allow-private'], { cwd: folder.path, within }),
    );
    await tracker.event('listening');
    const names = [join(import.meta.dirname, 'name-server.ts'), WORLD.names, NAME, WORLD.server, WORLD.server6];
    const [program, ...args] = [...within, process.execPath, ...names] as [string, ...string[]];
    const nameServer = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    resources.defer(() => void nameServer.kill('SIGKILL'));
    const lines = createInterface({ input: nameServer.stdout });
    await once(lines, 'line');
    lines.on('line', (line) => asked.push(line));
    // The seed knows its tracker by address.
    const file = await tracked(`http://${WORLD.server}:${TRACKER_PORT}/announce`, 'seed.torrent');
    const seed = ['seed', '-d', folder.path, ...world];
    // By its own limit, and not by that of who downloads: so it notices soon that a connection is dead.
    const slow = [torrent.file, '--no-trackers', '--up-limit', '2M'];
    for (const flags of [
      [String(SEED_PORT), file],
      [String(SLOW_PORT), ...slow],
    ]) {
      const seeder = resources.use(new DstRun([...seed, ...flags], { cwd: folder.path, within }));
      await seeder.event('seeding');
    }
    await tracker.event('use', ({ peers4 }) => (peers4 as number) > 0);
  });

  after(() => resources.disposeAsync());

  /** The torrent with this tracker. */
  async function tracked(url: string, name: string): Promise<string> {
    const file = join(torrent.folder, name);
    const { code, stderr } = await dst(['edit', torrent.file, '--add-tracker', url, '-o', file], {
      cwd: torrent.folder,
    });
    assert.equal(code, 0, stderr);
    return file;
  }

  async function assertArrived(folder: string): Promise<void> {
    const name = torrent.metainfo.info.name;
    assert.ok(Buffer.from(torrent.data).equals(await readFile(join(folder, name))), 'the content arrived');
  }

  test('the capture sees what leaves without it', async () => {
    await using target = await scratchFolder();
    await using eth = await Capture.of('eth');
    const { code, stderr } = await dst(['download', torrent.file, ...fromSeed], { cwd: target.path });
    assert.equal(code, 0, stderr);
    await eth.shows(`${WORLD.server}.${SEED_PORT}`);
  });

  for (const scheme of ['http', 'udp']) {
    test(`nothing leaves by another one: peers, a tracker over ${scheme}, and the look-up of its name`, async () => {
      await using target = await scratchFolder();
      const file = await tracked(`${scheme}://${NAME}:${TRACKER_PORT}/announce`, `${scheme}.torrent`);
      asked.length = 0;
      await using eth = await Capture.of('eth');
      await using run = new DstRun(['download', file, ...byInterface], { cwd: target.path });
      const { addresses } = await run.event('listening');
      assert.deepEqual(
        (addresses as string[]).map((address) => address.replace(/:\d+$/, '')),
        [HOST.vpn, `[${HOST.vpn6}]`],
      );
      assert.equal(await run.end(), 0, run.stderr);
      await assertArrived(target.path);
      assert.deepEqual(await eth.end(), []);
      assert.deepEqual([...new Set(asked)], [`${HOST.vpn} ${NAME}`]);
    });
  }

  test('nothing leaves by another one while it is down in the middle of a download, which then goes on', async () => {
    await using target = await scratchFolder();
    await using eth = await Capture.of('eth');
    await using run = await startSlowly(target.path, byInterface);
    networks.vpnDown();
    const { problem } = await run.event('network');
    assert.equal((problem as { code: string }).code, 'NET_INTERFACE_DOWN');
    await seconds(run, 3);
    assert.deepEqual(eth.lines, []);
    networks.vpnUp();
    await run.event('network', ({ problem: left }) => left === null);
    assert.equal(await run.end(), 0, run.stderr);
    await assertArrived(target.path);
    assert.deepEqual(await eth.end(), []);
  });

  test('nothing leaves by another one while it is gone and made anew', async () => {
    await using target = await scratchFolder();
    await using eth = await Capture.of('eth');
    await using run = await startSlowly(target.path, byInterface);
    networks.removeVpn();
    await run.event('network');
    await seconds(run, 2);
    networks.makeVpn();
    assert.equal(await run.end(), 0, run.stderr);
    await assertArrived(target.path);
    assert.deepEqual(await eth.end(), []);
  });

  test('an address alone is no such promise: packets from it leave by the other one when it is down', async () => {
    await using target = await scratchFolder();
    await using eth = await Capture.of('eth');
    await using run = await startSlowly(target.path, ['--bind', HOST.vpn]);
    networks.vpnDown();
    run.child.kill('SIGTERM'); // its connections say goodbye
    await run.end();
    networks.vpnUp();
    await eth.shows(`${HOST.vpn}.`);
  });

  test('peers come in by it, and by no other', async () => {
    await using target = await scratchFolder();
    const port = 7001;
    await using seeder = new DstRun(
      ['seed', torrent.file, '-d', torrent.folder, ...byInterface, '--port', String(port), '--no-trackers'],
      { cwd: torrent.folder },
    );
    await seeder.event('seeding');
    for (const host of [HOST.eth, `::ffff:${HOST.eth}`, HOST.eth6]) assert.equal(reach(host, port), 'ECONNREFUSED');
    const peer = ['--no-trackers', '--bind', WORLD.vpn, '--peer', `${HOST.vpn}:${port}`];
    const { code, stderr } = await dst(['download', torrent.file, ...peer], {
      cwd: target.path,
      within: networks.inWorld,
    });
    assert.equal(code, 0, stderr);
    await assertArrived(target.path);
  });

  test('a name server on this machine is not asked, because it asks on by any way', async () => {
    await using target = await scratchFolder();
    const questions: string[] = [];
    using _stub = await serveNames('127.0.0.53', { host: NAME, ipv4: WORLD.server, ipv6: WORLD.server6 }, (...one) =>
      questions.push(one.join(' ')),
    );
    const file = await tracked(`udp://${NAME}:${TRACKER_PORT}/announce`, 'stub.torrent');
    await using eth = await Capture.of('eth');
    const flags = ['--interface', 'vpn', '--name-server', '127.0.0.53', '--timeout', '3'];
    await assertFails(['download', file, ...flags, '--json'], 5, 'DOWNLOAD_STALLED', { cwd: target.path });
    assert.deepEqual([questions, await eth.end()], [[], []]);
  });

  test('torrents are not run while the routes would let the answers of the system out', async () => {
    await using target = await scratchFolder();
    networks.removeRules();
    try {
      await using eth = await Capture.of('eth');
      const refused = ['download', torrent.file, ...byInterface, ...fromSeed];
      const { stderr } = await assertFails(refused, 12, 'NET_INTERFACE_ROUTE', { cwd: target.path });
      assert.match(stderr, new RegExp(`ip rule add from ${HOST.vpn.replaceAll('.', '\\.')} table`));
      assert.deepEqual(await eth.end(), []);
      const leaks = await leakTest(12);
      assert.equal(leaks.problem?.code, 'NET_INTERFACE_ROUTE');
      assert.deepEqual(
        leaks.traffic.filter(({ verdict }) => verdict === 'open').map(({ source, leavesBy }) => [source, leavesBy]),
        [HOST.vpn, HOST.vpn, HOST.vpn6, HOST.vpn6].map((source) => [source, 'eth']),
      );
    } finally {
      networks.addRules();
    }
  });

  test('the leak test finds nothing that leaves by another one, and sends nothing to find out', async () => {
    await using eth = await Capture.of('eth');
    await using vpn = await Capture.of('vpn');
    const { sealed, traffic } = await leakTest(0);
    assert.ok(sealed);
    assert.deepEqual([...new Set(traffic.map(({ verdict }) => verdict))], ['sealed']);
    assert.deepEqual([...new Set(traffic.map(({ leavesBy }) => leavesBy))], ['vpn']);
    assert.deepEqual([...new Set(traffic.map(({ source }) => source))].toSorted(), [HOST.vpn, HOST.vpn6].toSorted());
    assert.deepEqual([await eth.end(), await vpn.end()], [[], []]);
  });

  test('the leak test says that all is open where torrents are bound to nothing', async () => {
    const { code, stdout } = await dst(['leaktest'], { cwd: torrent.folder });
    assert.equal(code, 12);
    assert.match(stdout, /UDP trackers +IPv4 +192\.0\.2\.2 +eth +open/);
    assert.match(stdout, /not bound to an interface/);
  });

  test('the leak test says by which interface leaves what is bound to an address, and that look-ups are not', async () => {
    await using folder = await scratchFolder();
    const config = join(folder.path, 'config.toml');
    await writeFile(config, `[peers]\nbind = ["${HOST.vpn}"]\n`);
    await using eth = await Capture.of('eth');
    await using vpn = await Capture.of('vpn');
    const { code, stdout } = await dst(['leaktest', '--config', config], { cwd: folder.path });
    assert.equal(code, 12);
    for (const traffic of ['peers that we connect to', 'peers that connect to us', 'HTTP trackers', 'UDP trackers'])
      assert.match(stdout, new RegExp(`${traffic} +IPv4 +${HOST.vpn.replaceAll('.', '\\.')} +vpn +open`));
    assert.match(stdout, /look-ups of names +IPv4 +192\.0\.2\.2 +eth +open: asked from any address/);
    assert.match(stdout, /Torrents are bound to .* \(peers\.bind, --bind\)/);
    assert.match(stdout, /Not from there: look-ups of names\./);
    assert.deepEqual([await eth.end(), await vpn.end()], [[], []]);
    assert.equal((await dst(['leaktest', '--bind', HOST.vpn], { cwd: folder.path })).stdout, stdout);
    await assertFails(['leaktest', '--bind', HOST.vpn, '--interface', 'vpn'], 2, 'USAGE', { cwd: folder.path });
  });

  test('the daemon starts while it is away, says so at health and torrents, and goes on when it is there', async () => {
    await using folder = await scratchFolder();
    await using eth = await Capture.of('eth');
    networks.removeVpn();
    await using daemon = await DaemonProcess.start(folder.path, { flags: ['--interface', 'vpn'] });
    const { code, stderr } = await dst(
      ['add', torrent.file, '--peer', `${WORLD.server}:${SEED_PORT}`, '--socket', daemon.listening.socket],
      { cwd: folder.path },
    );
    assert.equal(code, 0, stderr);
    await daemon.untilState(torrent.infoHash, 'downloading');
    const [shown] = await daemon.torrents();
    assert.match(String(shown?.['warning']), /vpn is not there, or is down/);
    const health = (): Promise<Health> => daemon.api<Health>('/health', { prefix: '' });
    assert.match((await health()).checks['network']?.detail ?? '', /vpn is not there, or is down/);
    networks.makeVpn();
    await daemon.untilState(torrent.infoHash, 'seeding');
    assert.equal((await health()).checks['network']?.status, 'ok');
    await assertArrived(daemon.downloads);
    assert.equal(await daemon.stop(), 143);
    assert.deepEqual(await eth.end(), []);
  });

  interface Health {
    readonly checks: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>;
  }

  test('an interface that is not there is told at once', async () => {
    await using target = await scratchFolder();
    const refused = ['download', torrent.file, '--interface', 'wg7'];
    await assertFails(refused, 5, 'NET_INTERFACE_DOWN', { cwd: target.path });
  });

  interface Leaks {
    readonly sealed: boolean;
    readonly problem: { readonly code: string } | null;
    readonly traffic: readonly { readonly source: string; readonly leavesBy: string; readonly verdict: string }[];
  }

  async function leakTest(exitCode: number): Promise<Leaks> {
    const { code, stdout, stderr } = await dst(['leaktest', ...byInterface, '--json'], { cwd: torrent.folder });
    assert.equal(code, exitCode, stderr);
    return JSON.parse(stdout) as Leaks;
  }

  /** A download that takes about six seconds, some of it done. */
  async function startSlowly(cwd: string, flags: readonly string[]): Promise<DstRun> {
    const peer = ['--no-trackers', '--peer', `${WORLD.server}:${SLOW_PORT}`];
    const run = new DstRun(['download', torrent.file, ...flags, ...peer], { cwd });
    await run.event('progress', ({ verified }) => (verified as number) > 0);
    return run;
  }

  /** What happens when somebody in the world connects there: `connected`, or the code of the failure. */
  function reach(host: string, port: number): string {
    const script = `require('node:net').connect(${port}, '${host}')
      .on('connect', () => { console.log('connected'); process.exit(); })
      .on('error', ({ code }) => console.log(code));`;
    return networks.runInWorld(process.execPath, '-e', script).trim();
  }
});

/** So many reports of a second each. */
async function seconds(run: DstRun, count: number): Promise<void> {
  const mark = run.events.length + count;
  await run.event('progress', (event) => run.events.indexOf(event) >= mark);
}
