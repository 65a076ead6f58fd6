/** `dst key` as people and scripts use it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertFails, dst, dstJson, scratchFolder } from './cli-process.ts';
import { dstCommand } from '../support/dst-command.ts';
import { noTerminal, Terminal } from './terminal.ts';

const KEYS = '.local/share/dst/keys';
interface Made {
  readonly fingerprint: string;
  readonly path: string;
  readonly publicPath: string;
  readonly name: string | null;
  readonly created: number;
  readonly rsa: boolean;
}

/** A folder that is home, with these keys, not protected. */
async function homeWith(...names: readonly string[]): Promise<{ cwd: string; keys: Made[] } & AsyncDisposable> {
  const folder = await scratchFolder();
  const keys: Made[] = [];
  for (const name of names) {
    keys.push(await dstJson<Made>(['key', 'new', name, '--name', name, '--no-passphrase'], { cwd: folder.path }));
  }
  return { cwd: folder.path, keys, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a new key asks twice for a passphrase and never shows it', { skip: noTerminal }, async () => {
  await using folder = await scratchFolder();
  await using terminal = new Terminal([...dstCommand, 'key', 'new', 'alice', '--name', 'Alice'], folder.path);
  await terminal.answer('New passphrase for ', 'open sesame');
  await terminal.answer('The same again: ', 'open sesami');
  await terminal.shows('The two differ.');
  // Backspace, Ctrl-U and arrow keys edit; they are no letters.
  await terminal.answer('New passphrase for ', 'wrong\u0015open\u001b[D sesamm\u007fe');
  await terminal.answer('The same again: ', 'open sesame');
  assert.equal(await terminal.end(), 0);
  assert.doesNotMatch(terminal.screen, /sesam|wrong/);
  const [fingerprint = ''] = /^[A-Z2-7]{4}(-[A-Z2-7]{4}){7}/m.exec(terminal.screen) ?? [];
  const shown = await dst(['key', 'show', 'alice'], { cwd: folder.path });
  assert.match(shown.stdout, /^Name +Alice$/m);
  assert.ok(fingerprint !== '' && shown.stdout.includes(fingerprint));
  await writeFile(join(folder.path, 'pass'), 'open sesame\n');
  const opened = ['key', 'show', `./${KEYS}/alice.key`, '--passphrase-file', 'pass'];
  assert.ok((await dst(opened, { cwd: folder.path })).stdout.includes(fingerprint));
});

test('Ctrl-C at the question ends the command, and the terminal is as it was', { skip: noTerminal }, async () => {
  await using folder = await scratchFolder();
  const shell = `${dstCommand.map((word) => `'${word}'`).join(' ')} key new alice; echo code $?; stty -a`;
  await using terminal = new Terminal(['sh', '-c', `trap : INT; ${shell}`], folder.path);
  await terminal.shows('New passphrase for ');
  terminal.type('half\u0003');
  await terminal.shows('code 130');
  await terminal.end();
  assert.match(terminal.screen, / echo /);
  assert.doesNotMatch(terminal.screen, /half/);
  assert.deepEqual((await dstJson<{ keys: [] }>(['key', 'list'], { cwd: folder.path })).keys, []);
});

test('a passphrase is in no argument, environment or error', { skip: noTerminal }, async () => {
  await using folder = await scratchFolder();
  await writeFile(join(folder.path, 'pass'), 'a very secret passphrase\n');
  const options = { cwd: folder.path };
  await dst(['key', 'new', 'alice', '--new-passphrase-file', 'pass'], options);
  await using terminal = new Terminal([...dstCommand, 'key', 'passphrase', 'alice', '-v'], folder.path);
  await terminal.answer('Passphrase for ', 'a very secret passphrase');
  await terminal.shows('New passphrase for ');
  const seen = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readOrEmpty(`/proc/${pid}/${file}`)));
  assert.ok(seen.some((text) => text.includes(`${dstCommand[1]}\0key\0passphrase`)));
  assert.ok(!seen.some((text) => text.includes('very secret')));
  terminal.type('\u0004');
  assert.equal(await terminal.end(), 2);
  await writeFile(join(folder.path, 'wrong'), 'a very secret passphrasE\n');
  const path = `./${KEYS}/alice.key`;
  const { stderr, stdout } = await dst(['key', 'show', path, '--passphrase-file', 'wrong', '-v', '--json'], options);
  assert.match(stderr, /KEY_PASSPHRASE/);
  assert.doesNotMatch(`${terminal.screen}${stderr}${stdout}`, /very secret/);
});

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // It has ended, or is another's.
  }
}

test('without a terminal the passphrase must come from a file', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path, withoutTerminal: true } as const;
  await assertFails(['key', 'new', 'alice'], 2, 'PASSPHRASE_MISSING', options);
  for (const text of ['', '\n', 'two\nlines\n', Uint8Array.of(0xff, 0x0a)]) {
    await writeFile(join(folder.path, 'pass'), text);
    await assertFails(['key', 'new', 'alice', '--new-passphrase-file', 'pass'], 2, 'PASSPHRASE_INVALID', options);
  }
  await assertFails(['key', 'new', 'alice', '--new-passphrase-file', 'absent'], 3, 'INPUT_UNREADABLE', options);
  await dstJson(['key', 'new', 'alice', '--new-passphrase-file', '-'], { ...options, stdin: 'päss\r\n' });
  await writeFile(join(folder.path, 'pass'), 'pa\u0308ss'); // The same letters in other code points.
  await dstJson(['key', 'show', `./${KEYS}/alice.key`, '--passphrase-file', 'pass'], options);
});

test('a new key is there once: it is not replaced without --force', async () => {
  await using home = await homeWith('alice');
  await assertFails(['key', 'new', 'alice', '--no-passphrase'], 9, 'KEY_EXISTS', { cwd: home.cwd });
  const forced = await dstJson<Made>(['key', 'new', 'alice', '--no-passphrase', '--force'], { cwd: home.cwd });
  assert.notEqual(forced.fingerprint, home.keys[0]?.fingerprint);
  assert.equal((await stat(forced.path)).mode & 0o777, 0o600);
});

test('keys are listed with whose they are', async () => {
  await using home = await homeWith('alice', 'bob');
  const { stdout } = await dst(['key', 'list'], { cwd: home.cwd });
  assert.match(stdout, /^alice {2}[A-Z2-7-]{39} {2}own {2}alice\nbob {4}[A-Z2-7-]{39} {2}own {2}bob\n$/);
  const { keys } = await dstJson<{ keys: Made[] }>(['key', 'list'], { cwd: home.cwd });
  assert.deepEqual(
    keys,
    home.keys.map(({ fingerprint, name, created, rsa }, i) => ({
      ...{ key: ['alice', 'bob'][i], isOwn: true },
      ...{ fingerprint, name, created, rsa },
    })),
  );
});

test('a public key is exchanged: handed over, kept under a name, compared', async () => {
  await using alice = await homeWith('alice');
  await using bob = await homeWith('bob');
  await copyFile(alice.keys[0]?.publicPath ?? '', join(bob.cwd, 'from-alice.pub'));
  const { stdout, stderr } = await dst(['key', 'import', 'from-alice.pub', '-o', 'alice'], { cwd: bob.cwd });
  assert.equal(stdout, `${alice.keys[0]?.fingerprint}\n`);
  assert.match(stderr, /compare the fingerprint with what alice tells you/);
  await assertFails(['key', 'import', bob.keys[0]?.publicPath ?? '', '-o', 'alice'], 9, 'KEY_EXISTS', { cwd: bob.cwd });
});

test('a passphrase is changed, and taken away', async () => {
  await using home = await homeWith('alice');
  const { cwd } = home;
  await writeFile(join(cwd, 'one'), 'one');
  await writeFile(join(cwd, 'two'), 'two');
  const path = `./${KEYS}/alice.key`;
  const change = (...flags: string[]): Promise<object> => dstJson(['key', 'passphrase', 'alice', ...flags], { cwd });
  await change('--new-passphrase-file', 'one');
  await assertFails(['key', 'show', path, '--passphrase-file', 'two'], 13, 'KEY_PASSPHRASE', { cwd });
  await change('--passphrase-file', 'one', '--new-passphrase-file', 'two');
  await change('--passphrase-file', 'two', '--no-passphrase');
  const { fingerprint } = await dstJson<Made>(['key', 'show', path], { cwd });
  assert.equal(fingerprint, home.keys[0]?.fingerprint);
});

test('a key goes out and comes back: whole, and in parts for other programs', async () => {
  await using home = await homeWith('alice');
  const { cwd } = home;
  const fingerprint = home.keys[0]?.fingerprint;
  const formats = ['ed25519', 'ml-dsa-65', 'age'];
  for (const format of ['identity', ...formats]) {
    await dst(['key', 'export', 'alice', '--format', format, '--secret', '-o', `${format}.txt`], { cwd });
    assert.equal((await stat(join(cwd, `${format}.txt`))).mode & 0o777, 0o600);
  }
  const whole = await dstJson<Made>(['key', 'import', 'identity.txt', '-o', 'again', '--no-passphrase'], { cwd });
  const files = formats.map((format) => `${format}.txt`);
  const parts = await dstJson<Made>(['key', 'import', ...files, '-o', 'parts', '--no-passphrase'], { cwd });
  assert.deepEqual([whole.fingerprint, parts.fingerprint], [fingerprint, fingerprint]);
  assert.match(
    (await dst(['key', 'export', 'alice', '--format', 'ed25519'], { cwd })).stdout,
    /^-----BEGIN PUBLIC KEY/,
  );
  assert.match((await dst(['key', 'export', 'alice', '--format', 'age'], { cwd })).stdout, /^age1pq1\w+\n$/);
  const text = await readFile(join(cwd, `${KEYS}/alice.pub`), 'utf8');
  assert.equal((await dst(['key', 'export', 'alice'], { cwd })).stdout, text);
  await assertFails(['key', 'export', 'alice', '--format', 'rsa', '-o', 'rsa.txt'], 2, 'KEY_KIND', { cwd });
  await assertFails(['key', 'export', 'alice', '-o', 'age.txt'], 9, 'OUTPUT_EXISTS', { cwd });
});

test('who has kept a key follows its owner to the next one', async () => {
  await using alice = await homeWith('alice');
  await using bob = await homeWith('bob');
  const pinned = alice.keys[0]?.fingerprint ?? '';
  const next = await dstJson<Made>(['key', 'rotate', 'alice', '-o', 'alice2', '--no-passphrase'], { cwd: alice.cwd });
  const shown = await dstJson<{ name: string; rotations: object[] }>(['key', 'show', 'alice2'], { cwd: alice.cwd });
  assert.deepEqual([shown.name, shown.rotations.length], ['alice', 1]);
  await dst(['key', 'import', alice.keys[0]?.publicPath ?? '', '-o', 'alice'], { cwd: bob.cwd });
  const told = await dstJson<{ before: string; fingerprint: string }>(
    ['key', 'import', next.publicPath, '-o', 'alice'],
    { cwd: bob.cwd },
  );
  assert.deepEqual([told.before, told.fingerprint], [pinned, next.fingerprint]);
  await writeFile(join(alice.cwd, 'data'), 'data');
  await dst(['sign', 'data', '--identity', 'alice2'], { cwd: alice.cwd });
  const check = ['check-sig', 'data', 'data.sig', '--signer'];
  await assertFails([...check, pinned], 14, 'SIGNATURE_SIGNER', { cwd: alice.cwd });
  const followed = await dst([...check, pinned, '--rotation', next.publicPath], { cwd: alice.cwd });
  assert.match(followed.stdout, /^good: signed by alice, /);
  await assertFails(['key', 'rotate', 'alice', '--no-passphrase'], 2, 'USAGE', { cwd: alice.cwd });
  await assertFails(['key', 'rotate', 'alice', '-o', 'alice', '--no-passphrase'], 2, 'USAGE', { cwd: alice.cwd });
});

test('a key that others can read is warned of', { skip: process.platform === 'win32' }, async () => {
  await using home = await homeWith('alice');
  const { chmod } = await import('node:fs/promises');
  await chmod(home.keys[0]?.path ?? '', 0o644);
  await writeFile(join(home.cwd, 'data'), 'data');
  const { stderr } = await dst(['sign', 'data', '--identity', 'alice'], { cwd: home.cwd });
  assert.match(stderr, /^warning: others can read .*alice\.key; make it yours alone: chmod 600$/m);
});

test('flags and keys that an action does not take are refused', async () => {
  const wrong = [
    ['new', 'a', 'b'],
    ['show'],
    ['list', 'a'],
    ['show', 'a', '--rsa'],
    ['new', '--no-passphrase', '--new-passphrase-file', 'x'],
    ['export', 'a', '--no-passphrase'],
    ['export', 'a', '--json'],
    ['new', '--passphrase-file', 'x'],
  ];
  await using folder = await scratchFolder();
  for (const args of wrong) await assertFails(['key', ...args], 2, 'USAGE', { cwd: folder.path });
  await assertFails(['key', 'new', 'a b', '--no-passphrase'], 2, 'KEY_NAME', { cwd: folder.path });
  await assertFails(['key', 'new', '--name', 'a\nb', '--no-passphrase'], 2, 'KEY_NAME', { cwd: folder.path });
  await assertFails(['key', 'show', 'absent'], 3, 'KEY_UNREADABLE', { cwd: folder.path });
});
