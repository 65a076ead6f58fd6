import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { assertFails, dst, dstJson, scratchFolder, startDst } from './cli-process.ts';

const run = promisify(execFile);

test('without a command it shows its help and succeeds', async () => {
  const { code, stdout, stderr } = await dst([]);
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: dst /);
  assert.equal(stderr, '');
});

test('the version is told in three ways', async () => {
  const { stdout } = await dst(['--version']);
  assert.match(stdout, /^DST Torrent \d+\.\d+\.\d+\n$/);
  assert.equal((await dst(['version'])).stdout, stdout);
  assert.equal((await dst(['-V', '--no-color'])).stdout, stdout);
  const json = await dstJson<{ version: string; jsonSchema: number }>(['version']);
  assert.ok(stdout.includes(json.version));
  assert.equal(json.jsonSchema, 1);
});

test('help shows the flags of a command, by name or alias', async () => {
  const { code, stdout } = await dst(['help', 'dl']);
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: dst download\|dl .*<target\.\.\.>/);
  assert.match(stdout, /--seed-ratio <ratio>/);
  assert.equal((await dst(['download', '--help'])).stdout, stdout);
});

test('help on what is no command says so, with what may have been meant', async () => {
  const { stdout, stderr } = await assertFails(['help', 'downlod'], 2, 'USAGE');
  assert.match(stderr, /unknown command 'downlod' \(Did you mean download\?\)/);
  assert.equal(stdout, '');
  assert.equal((await dst(['help', 'help'])).code, 0);
});

test('a wrong command line ends with code 2, a hint and no stack trace', async () => {
  const { stderr } = await assertFails(['dowload', 'x'], 2, 'USAGE');
  assert.match(stderr, /Did you mean download\?/);
  await assertFails(['info'], 2, 'USAGE');
  await assertFails(['info', 'a', 'b'], 2, 'USAGE');
  await assertFails(['info', '--bogus', 'a'], 2, 'USAGE');
  await assertFails(['create', 'x', '--piece-length', 'big'], 2, 'USAGE_VALUE');
  await assertFails(['download', 'x', '--peer', 'localhost'], 2, 'USAGE_VALUE');
  const { stderr: shells } = await assertFails(['completions', 'tcsh'], 2, /^USAGE/);
  assert.match(shells, /^dst: "tcsh" is no shell\. Allowed choices are bash, /);
});

test('ls and list, rm and remove name the same in every command that has one of them', async () => {
  await using folder = await scratchFolder();
  const socket = ['--socket', join(folder.path, 'none.sock')];
  for (const command of ['category', 'token', 'user', 'webhook']) {
    await assertFails([command, 'list', ...socket], 11, 'DAEMON_UNREACHABLE');
  }
  await assertFails(['category', 'remove', 'films', ...socket], 11, 'DAEMON_UNREACHABLE');
  assert.deepEqual(await dstJson(['key', 'ls'], { cwd: folder.path }), { keys: [] });
  const { stderr } = await assertFails(['category', 'lst', ...socket], 2, 'USAGE_VALUE');
  assert.match(stderr, /"lst" is no action\. Allowed choices are ls, set, rm\./);
});

test('colours appear only where they are wanted', async () => {
  const escape = '\u001b[';
  const args = ['info', 'missing.torrent'];
  assert.ok(!(await dst(args)).stderr.includes(escape));
  assert.ok((await dst(args, { env: { FORCE_COLOR: '1' } })).stderr.includes(escape));
  assert.ok(!(await dst([...args, '--no-color'], { env: { FORCE_COLOR: '1' } })).stderr.includes(escape));
  assert.ok(!(await dst(args, { env: { NO_COLOR: '1' } })).stderr.includes(escape));
});

test('a reader of stdout that goes away is no error', async () => {
  const child = startDst(['completions', 'bash']);
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(stderr, '');
  assert.equal(code, 0);
});

test('the log of a daemon that nobody looks at is JSON in every line', async () => {
  await using scratch = await scratchFolder();
  const options = { cwd: scratch.path, env: { XDG_CONFIG_HOME: join(scratch.path, 'config') } };
  const flags = ['--socket', join(scratch.path, 'dst.sock'), '--data', 'data', '--downloads', 'downloads'];
  const child = startDst(['daemon', ...flags, '--port', '0', '--api-port', '0'], options);
  const ended = once(child, 'close');
  let log = '';
  let isTold = false; // a second signal would cut its stop short
  for await (const chunk of child.stderr) {
    log += String(chunk);
    if (!isTold && log.includes('"started"')) isTold = child.kill('SIGTERM');
  }
  await ended;
  const words = log
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
  assert.ok(words.includes('started') && words.includes('stopped'), log);
});

test('a full disk behind stdout is an error', {
  skip: process.platform !== 'linux' && 'only Linux has /dev/full',
}, async () => {
  const { code, stderr } = await run(
    'sh',
    ['-c', '"$0" src/cli/main.ts completions bash > /dev/full', process.execPath],
    {
      cwd: new URL('../..', import.meta.url),
    },
  ).then(
    () => ({ code: 0, stderr: '' }),
    (error: { code: number; stderr: string }) => error,
  );
  assert.equal(code, 8);
  assert.match(stderr, /OUTPUT_UNWRITABLE/);
});

test('the bash completion completes commands, flags and choices', {
  skip: process.platform === 'win32' && 'needs bash',
}, async () => {
  await using folder = await scratchFolder();
  const script = join(folder.path, 'completion.bash');
  await writeFile(script, (await dst(['completions', 'bash'])).stdout);
  const complete = async (...words: string[]): Promise<string[]> => {
    const line = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dst; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await run('bash', ['-c', line, script, 'dst', ...words]);
    return stdout.split('\n').filter((word) => word !== '');
  };
  assert.deepEqual(await complete('ver'), ['verify', 'version']);
  assert.deepEqual(await complete('dl', '--seq'), ['--sequential']);
  assert.deepEqual(await complete('completions', 'f'), ['fish']);
  assert.deepEqual(await complete('--json', 'info', '--qui'), ['--quiet']);
});

test('completion scripts of all shells name every command and come as JSON too', async () => {
  const names = ['create', 'info', 'verify', 'magnet', 'edit', 'download', 'seed', 'completions', 'version'];
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const { script } = await dstJson<{ script: string }>(['completions', shell]);
    for (const name of names) assert.ok(script.includes(name), `${shell} lacks ${name}`);
  }
});
