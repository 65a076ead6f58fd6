/** `dst encrypt`, `decrypt`, `sign` and `check-sig` as people and scripts use them, beside the real age. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { Decrypter, Encrypter } from 'age-encryption';
import { ensurePrograms } from '../interop/setup.ts';
import { assertFails, dst, dstJson, scratchFolder, startDst } from './cli-process.ts';
import { dstCommand } from '../support/dst-command.ts';
import { noTerminal, Terminal } from './terminal.ts';

const noAge = ensurePrograms(['age']) ?? false;

let cwd = '';
let folder: Awaited<ReturnType<typeof scratchFolder>>;
const content = Buffer.alloc(200_000, 'The content of the file. ');
let alice = '';
let bob = '';

before(async () => {
  folder = await scratchFolder();
  cwd = folder.path;
  await writeFile(join(cwd, 'file.txt'), content);
  await writeFile(join(cwd, 'pass'), 'open sesame\n');
  await writeFile(join(cwd, 'other-pass'), 'close sesame\n');
  const make = async (name: string, ...flags: string[]): Promise<string> =>
    (await dstJson<{ fingerprint: string }>(['key', 'new', name, '--name', name, '--no-passphrase', ...flags], { cwd }))
      .fingerprint;
  alice = await make('alice', '--rsa');
  bob = await make('bob');
  return () => folder[Symbol.asyncDispose]();
});

const at = (name: string): string => join(cwd, name);
const run = (...args: string[]): Promise<Awaited<ReturnType<typeof dst>>> => dst(args, { cwd });
const fails = (code: number, name: string | RegExp, ...args: string[]): Promise<unknown> =>
  assertFails(args, code, name, { cwd });

async function ok(...args: string[]): Promise<{ stdout: string; stderr: string; stdoutBytes: Uint8Array }> {
  const result = await run(...args);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function isContent(name: string): Promise<void> {
  assert.ok((await readFile(at(name))).equals(content), name);
}

const isThere = async (name: string): Promise<boolean> => (await stat(at(name)).catch(() => null)) !== null;

test('a file is sealed for somebody, signed, and opened by nobody else', async () => {
  const { stdout, stderr } = await ok('encrypt', 'file.txt', '-o', 'a.dst', '--to', 'alice', '--sign', 'bob');
  assert.equal(stdout, 'a.dst\n');
  assert.ok(stderr.includes(`for alice (${alice})`) && stderr.includes(`signed by ${bob}`));
  const sealed = await readFile(at('a.dst'), 'latin1');
  // Long enough that they do not stand by chance among 200 kB of what looks random.
  for (const words of ['The content', 'file.txt', 'alice', alice, bob]) assert.ok(!sealed.includes(words), words);
  const opened = await ok('decrypt', 'a.dst', '-o', 'a.txt', '--identity', 'alice', '--signer', 'bob');
  assert.match(opened.stderr, new RegExp(`signed by ${bob} \\(bob\\)`));
  await isContent('a.txt');
  await fails(13, 'SEALED_NO_KEY', 'decrypt', 'a.dst', '-o', 'b.txt', '--identity', 'bob');
  assert.equal(await isThere('b.txt'), false);
});

test('the keys of the key folder are tried when none is named', async () => {
  await ok('encrypt', 'file.txt', '-o', 'any.dst', '--to', 'bob');
  const opened = await dstJson<object>(['decrypt', 'any.dst', '-o', 'any.txt'], { cwd });
  const { created, ...rest } = opened as { created: number };
  assert.ok(created > 1_700_000_000);
  assert.deepEqual(rest, { path: 'any.txt', format: 'dst', name: 'file.txt', signer: null, signerKey: null });
  await isContent('any.txt');
});

test('in a folder the content gets the name that it had', async () => {
  await mkdir(at('out'));
  await ok('encrypt', 'file.txt', '-o', 'named.dst', '--to', 'bob');
  await ok('decrypt', 'named.dst', '-o', 'out');
  await isContent('out/file.txt');
  await fails(9, 'OUTPUT_EXISTS', 'decrypt', 'named.dst', '-o', 'out');
  await ok('decrypt', 'named.dst', '-o', 'out', '--force');
  await ok('encrypt', 'file.txt', '-o', 'nameless.age', '--age', '--to', 'bob');
  await fails(2, 'USAGE', 'decrypt', 'nameless.age', '-o', 'out');
});

test('wrong key, wrong passphrase, damage and a wrong signature are told apart, and nothing is written', async () => {
  await ok('encrypt', 'file.txt', '-o', 's.dst', '--to', 'alice', '--sign', 'bob');
  await ok('encrypt', 'file.txt', '-o', 'u.dst', '--to', 'alice');
  await ok('encrypt', 'file.txt', '-o', 'p.dst', '--passphrase-file', 'pass');
  const damaged = await readFile(at('s.dst'));
  damaged[100_000] = (damaged[100_000] as number) ^ 1;
  await writeFile(at('damaged.dst'), damaged);
  await writeFile(at('short.dst'), damaged.subarray(0, 90_000));
  await writeFile(at('garbage'), 'no encrypted file');
  const open = (name: string): string[] => ['decrypt', name, '-o', 'nothing', '--identity', 'alice'];
  await fails(13, 'SEALED_PASSPHRASE', ...open('p.dst'), '--passphrase-file', 'other-pass');
  await fails(6, 'SEALED_DAMAGED', ...open('damaged.dst'));
  await fails(6, /SEALED_(DAMAGED|TRUNCATED)/, ...open('short.dst'));
  await fails(6, 'SEALED_FORMAT', ...open('garbage'));
  await fails(14, 'SIGNATURE_SIGNER', ...open('s.dst'), '--signer', alice);
  await fails(14, 'SIGNATURE_MISSING', ...open('u.dst'), '--signer', bob);
  await fails(3, 'FILE_UNREADABLE', ...open('absent'));
  const left = await readdir(cwd);
  assert.ok(!left.includes('nothing') && !left.some((name) => name.endsWith('.part')), left.join());
});

test('a passphrase is asked for where there is a terminal', { skip: noTerminal }, async () => {
  await using sealing = new Terminal([...dstCommand, 'encrypt', 'file.txt', '-o', 't.dst', '--passphrase'], cwd);
  await sealing.answer('New passphrase for t.dst: ', 'of the terminal');
  await sealing.answer('The same again: ', 'of the terminal');
  assert.equal(await sealing.end(), 0);
  await using wrong = new Terminal([...dstCommand, 'decrypt', 't.dst', '-o', 't.txt'], cwd);
  for (let tries = 0; tries < 3; tries++) await wrong.answer('Passphrase for t.dst: ', 'of another');
  await wrong.shows('SEALED_PASSPHRASE');
  assert.equal(await wrong.end(), 13);
  await using opening = new Terminal([...dstCommand, 'decrypt', 't.dst', '-o', 't.txt'], cwd);
  await opening.answer('Passphrase for t.dst: ', 'of another');
  await opening.shows('that is not the passphrase of t.dst; try again');
  await opening.answer('Passphrase for t.dst: ', 'of the terminal');
  assert.equal(await opening.end(), 0);
  await isContent('t.txt');
  for (const { screen } of [sealing, wrong, opening]) assert.doesNotMatch(screen, /of the terminal|of another/);
});

test('after the question the terminal is as before: Ctrl-C stops, and nothing is left', {
  skip: noTerminal,
}, async () => {
  const args = ['encrypt', '-', '-o', 'typed.age', '--age', '--passphrase'];
  await using terminal = new Terminal([...dstCommand, ...args], cwd);
  await terminal.answer('New passphrase for typed.age: ', 'of the terminal');
  await terminal.answer('The same again: ', 'of the terminal');
  while (!(await readdir(cwd)).some((name) => name.startsWith('.typed.age'))) {
    assert.equal(terminal.child.exitCode, null);
  }
  terminal.type('\u0003');
  assert.equal(await terminal.end(), 130);
  assert.deepEqual(
    (await readdir(cwd)).filter((name) => name.includes('typed')),
    [],
  );
});

test('a protected key opens and signs with its passphrase', async () => {
  await dstJson(['key', 'new', 'locked', '--new-passphrase-file', 'pass'], { cwd });
  const key = ['--key-passphrase-file', 'pass'];
  await ok('encrypt', 'file.txt', '-o', 'l.dst', '--to', 'locked', '--sign', 'locked', ...key);
  await ok('decrypt', 'l.dst', '-o', 'l.txt', '--identity', 'locked', '--signer', 'locked', ...key);
  await isContent('l.txt');
  const wrong = ['--key-passphrase-file', 'other-pass'];
  await fails(13, 'KEY_PASSPHRASE', 'decrypt', 'l.dst', '-o', 'no', '--identity', 'locked', ...wrong);
});

test('a passphrase that does not open one of several keys is told, and the others are tried', async () => {
  for (const [name, file] of [
    ['first', 'pass'],
    ['second', 'other-pass'],
  ] as const) {
    await dstJson(['key', 'new', name, '--new-passphrase-file', file], { cwd });
  }
  await ok('encrypt', 'file.txt', '-o', 'several.dst', '--to', 'second');
  const args = ['decrypt', 'several.dst', '-o', 'several.txt', '--force'];
  const keys = ['--identity', 'first', '--identity', 'second', '--key-passphrase-file'];
  const { stderr } = await ok(...args, ...keys, 'other-pass');
  assert.match(stderr, /the passphrase does not open .*first\.key; other keys are tried/);
  await isContent('several.txt');
  // Standard input gives it once, for all keys.
  const piped = await dst([...args, ...keys, '-'], { cwd, stdin: 'close sesame\n' });
  assert.equal(piped.code, 0, piped.stderr);
  await fails(13, 'KEY_PASSPHRASE', ...args, ...keys, 'pass');
});

test('people are asked three times for the passphrase of a key, then for that of the next', {
  skip: noTerminal,
}, async () => {
  const keys = ['--identity', 'first', '--identity', 'second'];
  const args = ['decrypt', 'several.dst', '-o', 'typed.txt', ...keys];
  await using terminal = new Terminal([...dstCommand, ...args], cwd);
  for (let tries = 0; tries < 3; tries++) await terminal.answer('first.key: ', 'of another');
  await terminal.shows('the passphrase does not open ');
  await terminal.answer('second.key: ', 'of another');
  await terminal.shows('that is not the passphrase of ');
  await terminal.answer('second.key: ', 'close sesame');
  assert.equal(await terminal.end(), 0, terminal.screen);
  await isContent('typed.txt');
  await using signing = new Terminal(
    [...dstCommand, 'sign', 'file.txt', '--identity', 'first', '-o', 'typed.sig'],
    cwd,
  );
  await signing.answer('first.key: ', 'of another');
  await signing.answer('first.key: ', 'open sesame');
  assert.equal(await signing.end(), 0, signing.screen);
});

test('RSA with ML-KEM is for those who want it; RSA alone only with --classical', async () => {
  await ok('encrypt', 'file.txt', '-o', 'r.dst', '--to', 'alice', '--rsa');
  assert.match(await readFile(at('r.dst'), 'latin1'), /^-> mlkem768rsa4096 /m);
  await ok('decrypt', 'r.dst', '-o', 'r.txt', '--identity', 'alice');
  await isContent('r.txt');
  await ok('key', 'export', 'alice', '--format', 'rsa', '-o', 'rsa.pem');
  await ok('key', 'export', 'alice', '--format', 'rsa', '--secret', '-o', 'rsa-secret.pem');
  await fails(2, 'USAGE', 'encrypt', 'file.txt', '-o', 'c.dst', '--to', 'rsa.pem');
  await ok('encrypt', 'file.txt', '-o', 'c.dst', '--to', 'rsa.pem', '--classical');
  for (const identity of ['rsa-secret.pem', 'alice']) {
    await ok('decrypt', 'c.dst', '-o', 'c.txt', '--identity', identity, '--force');
    await isContent('c.txt');
  }
  const mixed = ['--to', 'rsa.pem', '--to', 'bob', '--classical'];
  await fails(2, 'SEALED_RECIPIENT', 'encrypt', 'file.txt', '-o', 'm.dst', ...mixed);
});

test('the real age opens what is sealed for its keys, and its files are opened', { skip: noAge }, async () => {
  execFileSync('age-keygen', ['-o', 'age.key'], { cwd, stdio: 'ignore' });
  const recipient = execFileSync('age-keygen', ['-y', 'age.key'], { cwd, encoding: 'utf8' }).trim();
  for (const [name, flag] of [
    ['x.age', []],
    ['armored.age', ['--armor']],
  ] as const) {
    await ok('encrypt', 'file.txt', '-o', name, '--age', '--to', recipient, ...flag);
    assert.ok(execFileSync('age', ['-d', '-i', 'age.key', name], { cwd }).equals(content), name);
  }
  assert.match(await readFile(at('armored.age'), 'latin1'), /^-----BEGIN AGE ENCRYPTED FILE-----\n/);
  for (const [name, flag] of [
    ['theirs.age', []],
    ['theirs-armored.age', ['-a']],
  ] as const) {
    execFileSync('age', ['-r', recipient, ...flag, '-o', name, 'file.txt'], { cwd });
    await ok('decrypt', name, '-o', `${name}.txt`, '--identity', 'age.key');
    await isContent(`${name}.txt`);
  }
  await dstJson(['key', 'import', 'age.key', '-o', 'kept', '--no-passphrase'], { cwd });
  await ok('decrypt', 'theirs.age', '-o', 'kept.txt', '--identity', 'kept');
  await isContent('kept.txt');
});

test('passphrases go both ways between age and this program', { skip: noAge || noTerminal }, async () => {
  await ok('encrypt', 'file.txt', '-o', 'pw.age', '--age', '--passphrase-file', 'pass');
  await using theirs = new Terminal(['age', '-d', '-o', 'pw.txt', 'pw.age'], cwd);
  await theirs.answer('Enter passphrase', 'open sesame');
  assert.equal(await theirs.end(), 0, theirs.screen);
  await isContent('pw.txt');
  await using sealing = new Terminal(['age', '-p', '-o', 'their-pw.age', 'file.txt'], cwd);
  await sealing.answer('Enter passphrase', 'open sesame');
  await sealing.answer('Confirm passphrase', 'open sesame');
  assert.equal(await sealing.end(), 0, sealing.screen);
  await ok('decrypt', 'their-pw.age', '-o', 'their-pw.txt', '--passphrase-file', 'pass');
  await isContent('their-pw.txt');
  await fails(13, 'SEALED_PASSPHRASE', 'decrypt', 'pw.age', '-o', 'no', '--passphrase-file', 'other-pass');
});

test('the post-quantum keys of age are ours: typage opens our files and we its', async () => {
  await ok('encrypt', 'file.txt', '-o', 'pq.age', '--age', '--to', 'alice');
  const [secret = ''] = (await ok('key', 'export', 'alice', '--format', 'age', '--secret')).stdout.split('\n');
  const decrypter = new Decrypter();
  decrypter.addIdentity(secret);
  assert.ok(content.equals(await decrypter.decrypt(await readFile(at('pq.age')))));
  const encrypter = new Encrypter();
  encrypter.addRecipient((await ok('key', 'export', 'alice', '--format', 'age')).stdout.trim());
  await writeFile(at('theirs-pq.age'), await encrypter.encrypt(content));
  await ok('decrypt', 'theirs-pq.age', '-o', 'theirs-pq.txt', '--identity', 'alice');
  await isContent('theirs-pq.txt');
  await writeFile(at('pq.key'), `${secret}\n`);
  await ok('encrypt', 'file.txt', '-o', 'pq.dst', '--to', 'alice');
  await ok('decrypt', 'pq.dst', '-o', 'pq.txt', '--identity', 'pq.key');
  await isContent('pq.txt');
});

test('standard input and output take part in pipes', async () => {
  for (const flags of [
    ['--to', 'bob', '--sign', 'alice'],
    ['--age', '--to', 'bob'],
    ['--armor', '--to', 'bob'],
  ]) {
    const sealed = await dst(['encrypt', '-', '-o', '-', ...flags], { cwd, stdin: content });
    assert.equal(sealed.code, 0, sealed.stderr);
    const opened = await dst(['decrypt', '-', '-o', '-', '--identity', 'bob'], { cwd, stdin: sealed.stdoutBytes });
    assert.equal(opened.code, 0, opened.stderr);
    assert.ok(content.equals(opened.stdoutBytes), flags.join(' '));
  }
  await fails(2, 'USAGE', 'encrypt', 'file.txt', '-o', '-', '--to', 'bob', '--json');
});

test('to standard output goes only what is verified; that a signature is wrong is told at the end', async () => {
  await ok('encrypt', 'file.txt', '-o', 'pipe.dst', '--to', 'alice', '--sign', 'bob');
  const sealed = await readFile(at('pipe.dst'));
  const wrong = await run('decrypt', 'pipe.dst', '-o', '-', '--identity', 'alice', '--signer', 'alice');
  assert.equal(wrong.code, 14);
  assert.match(wrong.stderr, /SIGNATURE_SIGNER/);
  assert.ok(content.equals(wrong.stdoutBytes));
  sealed[150_000] = (sealed[150_000] as number) ^ 1;
  const damaged = await dst(['decrypt', '-', '-o', '-', '--identity', 'alice'], { cwd, stdin: sealed });
  assert.equal(damaged.code, 6);
  const released = damaged.stdoutBytes.length;
  assert.ok(released < 150_000);
  assert.ok(content.subarray(0, released).equals(damaged.stdoutBytes));
});

test('a .dst of standard input has a bound, because it says its length first', async () => {
  const { code, stderr } = await dst(['encrypt', '-', '-o', 'huge.dst', '--to', 'bob'], {
    cwd,
    stdin: new Uint8Array(65 * 1024 * 1024),
  });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /FILE_LENGTH/);
  assert.equal(await isThere('huge.dst'), false);
});

test('Ctrl-C stops and leaves nothing behind', { skip: process.platform === 'win32' }, async () => {
  const child = startDst(['encrypt', '-', '-o', 'stopped.age', '--age', '--to', 'bob'], { cwd });
  child.stdin.write(content);
  const hasBegun = async (): Promise<boolean> => (await readdir(cwd)).some((name) => name.startsWith('.stopped.age'));
  while (!(await hasBegun())) assert.equal(child.exitCode, null);
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 130);
  const left = (await readdir(cwd)).filter((name) => name.includes('stopped'));
  assert.deepEqual(left, []);
});

test('a signature lies beside the file and says by whom, when and of what it is', async () => {
  assert.equal((await ok('sign', 'file.txt', '--identity', 'alice')).stdout, 'file.txt.sig\n');
  for (const signer of ['alice', alice, alice.toLowerCase().replaceAll('-', ' ')]) {
    const { stdout } = await ok('check-sig', 'file.txt', 'file.txt.sig', '--signer', signer);
    assert.match(
      stdout,
      new RegExp(`^good: signed by alice, ${alice}, on \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC\n$`),
    );
  }
  await writeFile(at('renamed.txt'), content);
  const renamed = await ok('check-sig', 'renamed.txt', 'file.txt.sig', '--signer', 'alice');
  assert.match(renamed.stdout, / as "file\.txt"\n$/);
  const json = await dstJson<object>(['check-sig', 'file.txt', 'file.txt.sig', '--signer', 'alice'], { cwd });
  const { created: _, ...rest } = json as { created: number };
  assert.deepEqual(rest, { ok: true, signer: alice, signerName: 'alice', name: 'file.txt' });
  const piped = await dst(['check-sig', '-', 'file.txt.sig', '--signer', 'alice'], { cwd, stdin: content });
  assert.equal(piped.code, 0, piped.stderr);
});

test('another file, another signer and a part of a fingerprint are not good enough', async () => {
  await ok('sign', 'file.txt', '--identity', 'alice', '-o', 'again.sig');
  await writeFile(at('changed.txt'), `${content.toString()} `);
  const check = (name: string, signer: string): string[] => ['check-sig', name, 'again.sig', '--signer', signer];
  await fails(14, 'SIGNATURE_MISMATCH', ...check('changed.txt', 'alice'));
  await fails(14, 'SIGNATURE_SIGNER', ...check('file.txt', 'bob'));
  await fails(14, 'SIGNATURE_SIGNER', ...check('file.txt', bob));
  await fails(3, 'KEY_UNREADABLE', ...check('file.txt', alice.slice(0, 19)));
  await fails(2, 'USAGE', 'check-sig', 'file.txt', 'again.sig');
  await fails(9, 'OUTPUT_EXISTS', 'sign', 'file.txt', '--identity', 'alice', '-o', 'again.sig');
  const text = await readFile(at('again.sig'), 'utf8');
  await writeFile(at('again.sig'), text.replace('\n', '\n '));
  await fails(6, 'IDENTITY_TEXT', ...check('file.txt', 'alice'));
});

test('flags that contradict each other are refused before anything is asked', async () => {
  const wrong = [
    ['encrypt', 'file.txt', '-o', 'x'],
    ['encrypt', 'file.txt', '--to', 'bob'],
    ['encrypt', 'file.txt', '-o', 'x', '--to', 'bob', '--passphrase'],
    ['encrypt', 'file.txt', '-o', 'x', '--age', '--to', 'bob', '--sign', 'alice'],
    ['encrypt', 'file.txt', '-o', 'x', '--age', '--to', 'bob', '--rsa'],
    ['decrypt', 'file.txt'],
    ['check-sig', '-', '-', '--signer', 'bob'],
  ];
  for (const args of wrong) await fails(2, 'USAGE', ...args);
  const classical = spawnSync('age-keygen', { encoding: 'utf8' }).stdout?.match(/age1\w+/)?.[0];
  if (classical !== undefined) await fails(2, 'KEY_KIND', 'encrypt', 'file.txt', '-o', 'x', '--to', classical);
});
