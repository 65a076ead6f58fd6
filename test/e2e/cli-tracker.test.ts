/** `dst tracker` as an operator runs it, with our own client at both ends. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { assertFails, dst, DstRun, dstJson, scratchFolder } from './cli-process.ts';

for (const [protocol, threads] of [
  ['http', '1'],
  ['udp', '2'],
] as const) {
  test(`a seeder and a downloader find each other through it over ${protocol}, with ${threads} threads`, async () => {
    await using folder = await scratchFolder();
    const options = { cwd: folder.path };
    const listen = ['--bind', '127.0.0.1', '--port', '0'];
    await using tracker = new DstRun(['tracker', ...listen, '--threads', threads], options);
    const { urls } = (await tracker.event('listening')) as unknown as { urls: string[] };
    const url = urls.find((one) => one.startsWith(protocol)) as string;
    const content = randomBytes(300_000);
    await writeFile(join(folder.path, 'data.bin'), content);
    await dstJson(['create', 'data.bin', '-o', 'data.torrent', '--tracker', url], options);
    await using seeder = new DstRun(['seed', 'data.torrent', ...listen], options);
    await seeder.event('seeding');
    await tracker.event('use', (event) => event['peers4'] === 1);
    const { code, stderr } = await dst(['download', 'data.torrent', '-o', 'copy', '--no-seed', ...listen], options);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await readFile(join(folder.path, 'copy', 'data.bin')), content);
  });
}

test('ends with the usual code when it is stopped, and frees its port', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  const port = String(await freePort());
  const tracker = new DstRun(['tracker', '--bind', '127.0.0.1', '--port', port, '--threads', '2'], options);
  await tracker.event('listening');
  tracker.child.kill('SIGTERM');
  assert.equal(await tracker.end(), 143);
  await using again = new DstRun(['tracker', '--bind', '127.0.0.1', '--port', port], options);
  await again.event('listening');
});

test('says which port is in use', async () => {
  await using folder = await scratchFolder();
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  for (const threads of ['1', '2']) {
    const { stderr } = await assertFails(
      ['tracker', '--bind', '127.0.0.1', '--port', String(port), '--threads', threads],
      5,
      'NET_PORT_IN_USE',
      { cwd: folder.path },
    );
    assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
  }
  server.close();
});

test('refuses intervals that no client would keep', async () => {
  await assertFails(['tracker', '--interval', '5'], 2, 'USAGE_VALUE');
});

test('refuses addresses of shared swarms that are none, and never repeats what was given', async () => {
  const { stderr } = await assertFails(['tracker', '--swarms', 'http://:secret@cache'], 10, 'CONFIG_INVALID');
  assert.doesNotMatch(stderr, /secret/);
});

test('refuses files that hold no key for connection ids', async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, 'key');
  await assertFails(['tracker', '--udp-key', path], 3, 'UDP_KEY_UNUSABLE');
  await writeFile(path, 'abc');
  await assertFails(['tracker', '--udp-key', path], 2, 'UDP_KEY_UNUSABLE');
});

test('prints the DNS record of its ports (BEP 34)', async () => {
  const { stdout } = await dst(['tracker', 'dns', '--port', '8080']);
  assert.equal(stdout, 'BITTORRENT UDP:8080 TCP:8080\n');
  assert.deepEqual(await dstJson(['tracker', 'dns']), { type: 'TXT', value: 'BITTORRENT UDP:6969 TCP:6969' });
  await assertFails(['tracker', 'dns', '--port', '0'], 2, 'USAGE_VALUE');
});

test('answers an announce behind a question about its health on what a client takes for one connection', async () => {
  await using folder = await scratchFolder();
  await using tracker = new DstRun(['tracker', '--bind', '127.0.0.1', '--port', '0'], { cwd: folder.path });
  const { urls } = (await tracker.event('listening')) as unknown as { urls: string[] };
  const announce = `${urls[0]}?info_hash=${'a'.repeat(20)}&peer_id=${'b'.repeat(20)}&port=6881&left=1&compact=1`;
  const health = (urls[0] as string).replace('/announce', '/health');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const url of [announce, health, announce, health]) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent }, resolve).on('error', reject);
    });
    assert.equal(response.statusCode, 200, url);
    response.resume();
    await once(response, 'end');
  }
  agent.destroy();
});

test('believes X-Forwarded-For of a trusted proxy, and of nobody else', async () => {
  await using folder = await scratchFolder();
  const swarm = (url: string): string => `${url}?info_hash=${'a'.repeat(20)}&peer_id=${'b'.repeat(20)}&left=1`;
  for (const [flags, expected] of [
    [['--trust-proxy', '127.0.0.0/8'], 'cb007107'],
    [[], '7f000001'],
  ] as const) {
    const options = { cwd: folder.path };
    await using tracker = new DstRun(['tracker', '--bind', '127.0.0.1', '--port', '0', ...flags], options);
    const { urls } = (await tracker.event('listening')) as unknown as { urls: string[] };
    const url = urls[0] as string;
    await fetch(`${swarm(url)}&port=7001`, { headers: { 'X-Forwarded-For': '203.0.113.7' } });
    const answer = await fetch(`${swarm(url)}&port=7002&compact=1`);
    const peers = Buffer.from(await answer.arrayBuffer()).toString('hex');
    assert.ok(peers.includes(`${expected}1b59`), peers);
  }
});

test('knows the peers of before when it starts again after a stop', async () => {
  await using folder = await scratchFolder();
  const infoHash = 'c'.repeat(20);
  const args = ['tracker', '--bind', '127.0.0.1', '--port', '0', '--data', folder.path];
  const start = async (): Promise<{ run: DstRun; url: string }> => {
    const run = new DstRun(args, { cwd: folder.path });
    const { urls } = (await run.event('listening')) as unknown as { urls: string[] };
    return { run, url: urls[0] as string };
  };
  const before = await start();
  for (const port of [7001, 7002, 7003]) {
    const query = `info_hash=${infoHash}&peer_id=${'b'.repeat(20)}&port=${port}&left=${port === 7001 ? 0 : 1}`;
    await (await fetch(`${before.url}?${query}`)).arrayBuffer();
  }
  before.run.child.kill('SIGTERM');
  assert.equal(await before.run.end(), 143);
  const after = await start();
  await using run = after.run;
  const answer = await fetch(`${after.url.replace('/announce', '/scrape')}?info_hash=${infoHash}`);
  assert.match(await answer.text(), /8:completei1e.*10:incompletei2e/);
  assert.equal(run.child.exitCode, null);
});
