/** `dst tracker` as its operator works with it: configuration, tokens, members, TLS, and the end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { get, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { firstPair, secondPair } from '../../src/app/served-certificate/certificate-fakes.test.ts';
import { assertFails, dst, DstRun, dstJson, scratchFolder, startDst } from './cli-process.ts';

const INFO_HASH = 'h'.repeat(20);
const QUERY = `info_hash=${INFO_HASH}&peer_id=${'p'.repeat(20)}&port=6881&left=1`;
const LISTEN = ['--bind', '127.0.0.1', '--port', '0'];

interface Health {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly detail?: string }>>;
}

const linesOf = (log: string): Record<string, unknown>[] =>
  log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A tracker that runs in a folder of its own, and its API. */
class Operated implements AsyncDisposable {
  readonly folder: string;
  readonly run: DstRun;
  urls: readonly string[] = [];
  #token = '';

  private constructor(folder: string, args: readonly string[]) {
    this.folder = folder;
    this.run = new DstRun(['tracker', ...args, '--data', join(folder, 'data')], { cwd: folder });
  }

  static async start(folder: string, args: readonly string[]): Promise<Operated> {
    await mkdir(folder, { recursive: true });
    const operated = new Operated(folder, args);
    const { urls } = (await operated.run.event('listening')) as unknown as { urls: string[] };
    operated.urls = urls;
    return operated;
  }

  url(scheme: string): string {
    return this.urls.find((url) => url.startsWith(`${scheme}:`)) as string;
  }

  async announce(path = '/announce'): Promise<string> {
    const response = await fetch(`${this.url('http').replace('/announce', path)}?${QUERY}`);
    return Buffer.from(await response.arrayBuffer()).toString('latin1');
  }

  /** Asks the API with a token that may do everything; answers with what it says. */
  async api(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    if (this.#token === '') {
      const { stdout } = await dst(['tracker', 'token', '--name', 'test', '--data', join(this.folder, 'data')]);
      this.#token = stdout.trim();
    }
    const isFile = body instanceof Uint8Array;
    const type = isFile ? 'application/x-bittorrent' : 'application/json';
    const response = await fetch(this.url('http').replace('/announce', `/api/v1/tracker${path}`), {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: isFile ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }

  async health(): Promise<Health> {
    return (await (await fetch(this.url('http').replace('/announce', '/health'))).json()) as Health;
  }

  /** Resolves when the log has a line with this message. */
  async logged(message: string, count = 1): Promise<void> {
    while (this.run.stderr.split(`"msg":"${message}"`).length <= count) await once(this.run.child.stderr, 'data');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run[Symbol.asyncDispose]();
  }
}

for (const protocol of ['http', 'udp'] as const) {
  test(`members find each other over ${protocol} with their passkeys, by either name of a hybrid torrent`, async () => {
    await using folder = await scratchFolder();
    const options = { cwd: folder.path };
    await using tracker = await Operated.start(folder.path, [...LISTEN, '--threads', '2', '--access', 'private']);
    const memberUrl = async (name: string): Promise<string> => {
      const { id } = await tracker.api('POST', '/accounts', { name });
      const { passkey } = await tracker.api('POST', `/accounts/${String(id)}/passkeys`, {});
      const base = tracker.url(protocol).replace(/\/announce$/, '');
      return `${base}/${String(passkey)}/announce`;
    };
    const content = randomBytes(300_000);
    await writeFile(join(folder.path, 'data.bin'), content);
    const forMember = async (file: string, url: string): Promise<void> => {
      await dstJson(['create', 'data.bin', '-o', file, '--hybrid', '--private', '--tracker', url], options);
    };
    await forMember('seeder.torrent', await memberUrl('seeder'));
    await forMember('leecher.torrent', await memberUrl('leecher'));
    const { aliases } = await tracker.api('POST', '/torrents', await readFile(join(folder.path, 'seeder.torrent')));
    assert.equal((aliases as string[]).length, 1);
    await using seeder = new DstRun(['seed', 'seeder.torrent', ...LISTEN], options);
    await seeder.event('seeding');
    await tracker.run.event('use', (event) => event['peers4'] === 1 && event['sessions'] === 1);
    const { code, stderr } = await dst(['download', 'leecher.torrent', '-o', 'copy', '--no-seed', ...LISTEN], options);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await readFile(join(folder.path, 'copy', 'data.bin')), content);
    for (;;) {
      const { downloaded } = await tracker.api('GET', '/accounts/2');
      if ((downloaded as number) >= content.length) break;
      await once(tracker.run.child.stdout, 'data'); // a second later
    }
    assert.doesNotMatch(tracker.run.stderr, /\b[0-9a-f]{32}\b/, 'no passkey is in the log');
  });
}

test('a change of the configuration file counts at once, as a whole or not at all', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'tracker.toml');
  const write = async (text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await write('interval = 600\nthreads = 2\n');
  await using tracker = await Operated.start(folder.path, ['--config', file, ...LISTEN]);
  assert.match(await tracker.announce(), /8:intervali600e/);
  await write('interval = 900\nwarning = "moves on Sunday"\nport = 7000\n');
  await tracker.logged('configuration changed');
  assert.match(tracker.run.stderr, /"changed":\["threads","interval","warning"\],"needRestart":\["threads"\]/);
  assert.match(await tracker.announce(), /8:intervali900e.*15:moves on Sunday/);
  await write('interval = 1200\nacces = "private"\n');
  await tracker.logged('configuration not changed');
  assert.match(tracker.run.stderr, /access/, 'the key that was meant');
  assert.match(await tracker.announce(), /8:intervali900e/);
});

test('SIGHUP reads the configuration again, and says so when nothing has changed or there is no file', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'tracker.toml');
  await writeFile(file, 'interval = 1200\naccess = "private"\n');
  await using tracker = await Operated.start(folder.path, ['--config', file, ...LISTEN]);
  assert.match(await tracker.announce(), /private/);
  await writeFile(file, 'interval = 1200\n');
  tracker.run.child.kill('SIGHUP');
  await tracker.logged('configuration changed');
  assert.match(await tracker.announce(), /8:intervali1200e/);
  tracker.run.child.kill('SIGHUP');
  await tracker.logged('configuration is the same');
  await using other = await Operated.start(join(folder.path, 'other'), LISTEN);
  other.run.child.kill('SIGHUP');
  await other.logged('there is no configuration file to read again');
});

test('a configuration that could not be taken is seen in the health until it is right again', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'tracker.toml');
  await writeFile(file, 'interval = 1200\n');
  await using tracker = await Operated.start(folder.path, ['--config', file, ...LISTEN]);
  await writeFile(file, 'intervall = 1200\n');
  tracker.run.child.kill('SIGHUP');
  await tracker.logged('configuration not changed');
  assert.match(tracker.run.stderr, /"message":"intervall \([^)]*\): there is no such key, did you mean interval\?"/);
  const { status, checks } = await tracker.health();
  assert.equal(status, 'degraded');
  assert.match(checks['configuration']?.detail ?? '', /^the configuration before stays in effect: intervall/);
  await writeFile(file, 'interval = 1200\n');
  tracker.run.child.kill('SIGHUP');
  await tracker.logged('configuration is the same');
  assert.equal((await tracker.health()).status, 'ok');
});

test('a service log is nothing but JSON, with a begin and an end of stopping', async () => {
  await using folder = await scratchFolder();
  // Without --json, so that its notes would be told.
  const child = startDst(['tracker', ...LISTEN, '--data', folder.path], { cwd: folder.path });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  while (!stderr.includes('"listening"')) await once(child.stderr, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [143, null]);
  const lines = linesOf(stderr);
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['listening', 'stopping', 'stopped'],
  );
  assert.equal(lines[1]?.['reason'], 'SIGTERM');
  assert.equal(typeof lines[2]?.['seconds'], 'number');
});

test('what keeps a service from starting is a line of its log, with what to do', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'tracker.toml');
  await writeFile(file, 'bind = ["192.0.2.7:80"]\n');
  const { stderr } = await assertFails(['tracker', '--config', file, ...LISTEN], 10, 'CONFIG_INVALID');
  const { error, help } = linesOf(stderr)[0] as { error: { message: string }; help: string };
  assert.match(error.message, /^bind .*"192\.0\.2\.7:80"/);
  assert.match(help, /^Keys or values/);
  const asText = await dst(['tracker', '--config', file, ...LISTEN, '--log', 'text']);
  assert.match(asText.stderr, /^dst: bind .* \(CONFIG_INVALID\)\n {5}Keys or values/);
});

test('a service that nobody listens to says why it stops', async () => {
  await using folder = await scratchFolder();
  await using tracker = await Operated.start(folder.path, LISTEN);
  tracker.run.child.stdout.destroy();
  await tracker.run.end();
  assert.deepEqual(
    linesOf(tracker.run.stderr).map(({ msg, reason }) => [msg, reason]),
    [
      ['listening', undefined],
      ['stopping', 'nobody reads standard output'],
      ['stopped', undefined],
    ],
  );
});

for (const [what, text, last] of [
  ['ends when it has started', '', '"msg":"stopped"'],
  ['says so when it cannot', 'nonsense', '"code":"CONFIG_SYNTAX".*"msg":"failed while stopping"'],
] as const) {
  test(`a tracker that is stopped while it starts ${what}`, async () => {
    await using folder = await scratchFolder();
    const pipe = join(folder.path, 'tracker.toml');
    execFileSync('mkfifo', [pipe]);
    await using run = new DstRun(['tracker', '--config', pipe, ...LISTEN], { cwd: folder.path });
    const writing = await open(pipe, 'w'); // once it reads; signals are taken by then
    run.child.kill('SIGTERM');
    while (!run.stderr.includes('"stopping"')) await once(run.child.stderr, 'data');
    await writing.writeFile(text);
    await writing.close();
    assert.equal(await run.end(), 143);
    assert.match(run.stderr.trimEnd().split('\n').at(-1) ?? '', new RegExp(last));
  });
}

test('`tracker config` shows each value and where it comes from, and no password', async () => {
  await using folder = await scratchFolder();
  const file = join(folder.path, 'tracker.toml');
  await writeFile(file, 'interval = 600\ndatabase = "postgres://me:secret@db/tracker"\n');
  const env = { DST_TRACKER_MEMORY: '1G' };
  const { stdout } = await dst(['tracker', 'config', '--config', file, '--port', '7000'], { env });
  assert.match(stdout, /^port = 7000 +# flag$/m);
  assert.match(stdout, /^memory = 1073741824 +# environment$/m);
  assert.match(stdout, /^interval = 600 +# file$/m);
  assert.match(stdout, /^access = "open" +# default$/m);
  assert.doesNotMatch(stdout, /secret@/);
  await writeFile(file, 'interval = 5\nport = "x"\n');
  const { stderr } = await assertFails(['tracker', '--config', file], 10, 'CONFIG_INVALID');
  assert.match(stderr, /interval/);
  assert.match(stderr, /port/);
});

test('a client with a mistyped passkey is told what is wrong, in bencoding', async () => {
  await using folder = await scratchFolder();
  await using tracker = await Operated.start(folder.path, [...LISTEN, '--access', 'private']);
  for (const path of ['/abc/announce', `/${'x'.repeat(70)}/announce`, '//announce', '/a%20b/scrape']) {
    assert.match(await tracker.announce(path), /^d14:failure reason.*no valid passkey/, path);
  }
});

test('a token for fewer things may do only these, and one without name is refused', async () => {
  await using folder = await scratchFolder();
  await using tracker = await Operated.start(folder.path, LISTEN);
  const data = ['--data', join(folder.path, 'data')];
  const { stdout } = await dst(['tracker', 'token', '--name', 'reader', '--scope', 'bans:read', ...data]);
  const ask = async (path: string): Promise<number> => {
    const url = tracker.url('http').replace('/announce', `/api/v1/tracker${path}`);
    return (await fetch(url, { headers: { authorization: `Bearer ${stdout.trim()}` } })).status;
  };
  assert.deepEqual([await ask('/bans'), await ask('/accounts')], [200, 403]);
  await assertFails(['tracker', 'token', ...data], 2, 'USAGE');
  await assertFails(['tracker', '--scope', 'bans:read', ...data], 2, 'USAGE');
  await assertFails(['tracker', 'token', '--name', 'x', '--scope', 'everything', ...data], 2, 'USAGE_VALUE');
});

test('HTTPS and secure WebSockets, with a certificate that is renewed while connections are open', async () => {
  await using folder = await scratchFolder();
  const tls = join(folder.path, 'tls');
  await mkdir(tls);
  const [cert, key] = [join(tls, 'cert.pem'), join(tls, 'key.pem')];
  const write = async (pair: typeof firstPair): Promise<void> => {
    await writeFile(`${cert}.new`, pair.cert);
    await writeFile(`${key}.new`, pair.key);
    for (const path of [cert, key]) await rename(`${path}.new`, path);
  };
  await write(firstPair);
  const flags = ['--threads', '2', '--tls-port', '0', '--tls-cert', cert, '--tls-key', key];
  await using tracker = await Operated.start(folder.path, [...LISTEN, ...flags]);
  const trusting = (ca: string): RequestOptions => ({ ca, servername: 'localhost', agent: false });
  const announce = (ca: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get(`${tracker.url('https')}?${QUERY}`, trusting(ca), (response) => {
        assert.ok((response.socket as TLSSocket).authorized);
        response.setEncoding('latin1').on('data', resolve);
      }).on('error', reject);
    });
  assert.match(await announce(firstPair.cert), /8:interval/);
  const socket = new WebSocket(tracker.url('wss'), trusting(firstPair.cert));
  await once(socket, 'open');
  await write(secondPair);
  await tracker.logged('certificate renewed');
  while (!/8:interval/.test(await announce(secondPair.cert).catch(() => ''))) continue;
  socket.send(JSON.stringify({ action: 'scrape', info_hash: INFO_HASH }));
  const [answer] = (await once(socket, 'message')) as [Buffer];
  assert.match(answer.toString(), /"complete":0,"incomplete":1/);
  socket.close();
  await assertFails(['tracker', ...LISTEN, '--tls-port', '0', '--tls-cert', cert, '--tls-key', cert], 2, 'TLS_INVALID');
});

test('a tracker whose database is damaged says so and touches nothing', async () => {
  await using folder = await scratchFolder();
  const data = join(folder.path, 'data');
  await mkdir(data);
  await writeFile(join(data, 'tracker.db'), 'this is no database'.repeat(1000));
  await assertFails(['tracker', ...LISTEN, '--data', data], 6, 'DB_DAMAGED');
  await copyFile(join(data, 'tracker.db'), join(data, 'copy'));
  assert.equal(await readFile(join(data, 'copy'), 'utf8'), 'this is no database'.repeat(1000));
});
