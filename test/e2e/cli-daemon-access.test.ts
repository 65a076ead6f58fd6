/** Who may use a daemon: addresses, tokens and users from the command line. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeDaemon } from './fake-daemon.ts';
import { dstCommand } from '../support/dst-command.ts';
import { noTerminal, Terminal } from './terminal.ts';

interface Token {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly expiresAt: number | null;
}

test('a token is made, used from elsewhere, listed and revoked', async () => {
  await using daemon = await FakeDaemon.start();
  const { stdout, stderr } = await daemon.run(['token', 'create', 'phone', '--scope', 'read']);
  assert.match(stdout, /^dst_[\w-]{43}\n$/);
  assert.equal(stderr, 'It is shown only now.\n');
  await writeFile(join(daemon.cwd, 'token'), stdout);
  const env = { DST_SOCKET: '', DST_URL: daemon.url, DST_TOKEN_FILE: 'token' };
  assert.equal(await daemon.text(['ls', '--json'], { env }), '{"torrents":[]}\n');
  await daemon.fails(['limits', '--down', '1M'], 4, 'API_SCOPE_MISSING', { env });
  assert.match(
    await daemon.text(['token', 'ls']),
    /^ID .*\n[0-9a-f]{12} {2}read +\d{4}-\d\d-\d\d {2}never +- +phone\n$/,
  );
  assert.equal((await daemon.run(['token', 'rm', 'phone'])).stderr, 'revoked: phone\n');
  await daemon.fails(['ls'], 4, 'API_TOKEN_INVALID', { env });
  await daemon.fails(['token', 'rm', 'phone'], 3, 'TOKEN_UNKNOWN');
});

test('a token goes into a file that only its owner can read', async () => {
  await using daemon = await FakeDaemon.start();
  assert.equal(await daemon.text(['token', 'create', 'bot', '--expires', '90d', '-o', 'bot.token']), 'bot.token\n');
  const file = join(daemon.cwd, 'bot.token');
  assert.match(await readFile(file, 'utf8'), /^dst_[\w-]{43}\n$/);
  if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await daemon.json(['ls', '--url', daemon.url, '--token-file', 'bot.token']), { torrents: [] });
  await daemon.fails(['token', 'create', 'bot', '-o', 'bot.token'], 9, 'OUTPUT_EXISTS');
  const { tokens } = await daemon.json<{ tokens: Token[] }>(['token', 'ls']);
  assert.deepEqual(
    tokens.map(({ name, scope }) => [name, scope]),
    [['bot', 'control']],
  );
  assert.ok((tokens[0]?.expiresAt ?? 0) > 0);
  assert.equal((await daemon.run(['token', 'rm', tokens[0]?.id.slice(0, 8) ?? ''])).code, 0);
});

test('without a token, with a file that has none, and at an address that is none, nothing is shown', async () => {
  await using daemon = await FakeDaemon.start();
  await daemon.fails(['ls', '--url', daemon.url], 4, 'API_TOKEN_MISSING');
  await writeFile(join(daemon.cwd, 'empty'), '\n');
  await daemon.fails(['ls', '--url', daemon.url, '--token-file', 'empty'], 2, 'TOKEN_FILE_INVALID');
  await daemon.fails(['ls', '--url', daemon.url, '--token-file', 'absent'], 3, 'INPUT_UNREADABLE');
  await daemon.fails(['ls', '--url', 'ftp://host'], 2, 'USAGE_VALUE');
  await daemon.fails(['ls', '--url', 'http://me:secret@host'], 2, 'USAGE_VALUE');
  await daemon.fails(['ls', '--url', daemon.url, '--socket', 'x'], 2, 'USAGE');
});

test('another web server is told from a daemon', async () => {
  await using daemon = await FakeDaemon.start();
  const server = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await daemon.fails(['ls', '--url', url], 11, 'DAEMON_UNREACHABLE');
  server.close();
});

test('users are made with a password from a file, listed, changed and removed', async () => {
  await using daemon = await FakeDaemon.start();
  await writeFile(join(daemon.cwd, 'password'), 'four words of mine\n');
  const made = await daemon.run(['user', 'add', 'zoe', '--role', 'viewer', '--password-file', 'password']);
  assert.equal(made.stderr, 'zoe made\n');
  assert.match(await daemon.text(['user', 'ls']), /^viewer +\d{4}-\d\d-\d\d {2}zoe$/m);
  const login = (password: string): Promise<string> =>
    daemon.access.login('zoe', password, '192.0.2.1').then(
      ({ caller }) => caller.scope,
      () => 'refused',
    );
  assert.equal(await login('four words of mine'), 'read');
  await daemon.json(['user', 'role', 'zoe', '--role', 'operator']);
  await writeFile(join(daemon.cwd, 'password'), 'four other words here');
  await daemon.json(['user', 'passwd', 'zoe', '--password-file', 'password']);
  assert.deepEqual([await login('four words of mine'), await login('four other words here')], ['refused', 'control']);
  assert.deepEqual(await daemon.json(['user', 'rm', 'zoe']), { removed: 'zoe' });
  await daemon.fails(['user', 'rm', 'zoe'], 3, 'ACCESS_NOT_FOUND');
});

test('a password is never an argument: it is asked for, or comes from a file', { skip: noTerminal }, async () => {
  await using daemon = await FakeDaemon.start();
  const { stderr } = await daemon.fails(['user', 'add', 'zoe', '--role', 'admin'], 2, 'PASSPHRASE_MISSING', {
    withoutTerminal: true,
  });
  assert.match(stderr, /no terminal on which to ask for the password for zoe/);
  await using terminal = new Terminal(
    [...dstCommand, 'user', 'add', 'zoe', '--role', 'viewer', '--socket', daemon.socket],
    daemon.cwd,
  );
  await terminal.answer('New password for zoe: ', 'four words of mine');
  await terminal.answer('The same again: ', 'four words of mine');
  assert.equal(await terminal.end(), 0);
  assert.ok(daemon.access.users().some(({ name }) => name === 'zoe'));
  assert.doesNotMatch(terminal.screen, /four words/);
});

test('a webhook is made with a secret, listed and removed', async () => {
  await using daemon = await FakeDaemon.start();
  assert.match((await daemon.run(['webhook', 'ls'])).stderr, /^no webhooks yet/);
  const made = await daemon.run(['webhook', 'add', 'https://hooks.example/dst']);
  assert.match(made.stdout, /^[0-9a-f]{64}\n$/);
  assert.match(made.stderr, /^webhook 1: torrent\.\* to https:\/\/hooks\.example\/dst\n.*It is shown only now\.\n$/);
  await writeFile(join(daemon.cwd, 'secret'), `${'s'.repeat(40)}\n`);
  const own = ['webhook', 'add', 'http://192.0.2.1/', 'piece.failed', 'peer.*', '--secret-file', 'secret'];
  const second = await daemon.json<Record<string, unknown>>(own);
  assert.deepEqual([second['id'], second['events'], 'secret' in second], [2, ['piece.failed', 'peer.*'], false]);
  assert.deepEqual(daemon.client.webhooks.secrets, [made.stdout.trim(), 's'.repeat(40)]);
  assert.match(
    await daemon.text(['webhook', 'ls']),
    /^ID .*\n 1 .* {2}torrent\.\* .*https:\/\/hooks\.example\/dst\n 2 .* {2}piece\.failed,peer\.\* .*$/m,
  );
  assert.deepEqual(await daemon.json(['webhook', 'rm', '1']), { removed: [1] });
  const { webhooks } = await daemon.json<{ webhooks: { id: number }[] }>(['webhook', 'ls']);
  assert.deepEqual(
    webhooks.map(({ id }) => id),
    [2],
  );
  await daemon.fails(['webhook', 'rm', '1'], 3, 'API_NOT_FOUND');
  await daemon.fails(['webhook', 'rm', 'first'], 2, 'USAGE_VALUE');
  await daemon.fails(['webhook', 'ls', '--secret-file', 'secret'], 2, 'USAGE');
  await writeFile(join(daemon.cwd, 'secret'), 'a\nb\n');
  await daemon.fails(own, 2, 'PASSPHRASE_INVALID');
});

test('of several that are to be removed one that is not there is told, and keeps none of the others', async () => {
  await using daemon = await FakeDaemon.start();
  for (const name of ['a', 'b', 'c']) {
    await daemon.json(['category', 'set', name]);
    await daemon.json(['token', 'create', name]);
    await daemon.json(['webhook', 'add', `https://${name}.example/`]);
  }
  const categories = await daemon.run(['category', 'rm', 'a', 'x', 'b', 'b']);
  assert.deepEqual([categories.code, categories.stdout], [3, '']);
  assert.match(categories.stderr, /^dst: x: there is no such category \(API_NOT_FOUND\)\n.*\nremoved: a, b\n$/);
  const tokens = await daemon.run(['token', 'rm', 'a', 'x', 'b']);
  assert.equal(tokens.code, 3);
  assert.match(tokens.stderr, /^dst: x: there is no token "x" \(TOKEN_UNKNOWN\)\n.*\nrevoked: a, b\n$/);
  const webhooks = await daemon.run(['webhook', 'rm', '1', '9', '2', '--json']);
  assert.equal(webhooks.code, 3);
  assert.deepEqual(
    webhooks.stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
    [{ error: { code: 'API_NOT_FOUND', message: 'there is no such webhook' }, name: '9' }, { removed: [1, 2] }],
  );
  for (const kind of ['category', 'token', 'webhook']) {
    assert.equal((await daemon.text([kind, 'ls'])).split('\n').length, 3, `${kind}: its title and one is left`);
  }
});

test('what does not go together is refused', async () => {
  await using daemon = await FakeDaemon.start();
  await daemon.fails(['user', 'add', 'zoe'], 2, 'USAGE');
  await daemon.fails(['user', 'ls', 'zoe'], 2, 'USAGE');
  await daemon.fails(['user', 'rm', 'zoe', '--role', 'admin'], 2, 'USAGE');
  await daemon.fails(['token', 'create'], 2, 'USAGE');
  await daemon.fails(['token', 'create', 'a', 'b'], 2, 'USAGE');
  await daemon.fails(['token', 'create', 'a', '--expires', '2001-01-01'], 2, 'USAGE_VALUE');
  await daemon.fails(['token', 'keep', 'a'], 2, 'USAGE_VALUE');
  await writeFile(join(daemon.cwd, 'short'), 'short');
  await daemon.fails(['user', 'add', 'zoe', '--role', 'admin', '--password-file', 'short'], 2, 'ACCESS_WEAK_PASSWORD');
});
