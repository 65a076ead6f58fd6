/** `dst tls` and what it makes, in the hands of openssl, curl and the tracker. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { dstCommand } from '../support/dst-command.ts';
import { promisify } from 'node:util';
import { issueAuthority } from '../../src/app/certificates/issue.ts';
import { assertFails, dst, DstRun, dstJson, scratchFolder } from './cli-process.ts';

const run = promisify(execFile);

interface Described {
  readonly subject: string;
  readonly serial: string;
  readonly hosts: readonly string[];
  readonly notAfter: number;
  readonly keyKind: string;
  readonly fingerprint: string;
}

interface Issued extends Described {
  readonly ca: string;
  readonly caFingerprint: string;
  readonly certificate: string;
  readonly key: string;
}

/** `FILE: OK` and no words on stderr, or what is wrong. */
async function opensslVerify(cwd: string, args: readonly string[]): Promise<string> {
  const trusted = ['-x509_strict', '-CAfile', 'tls/ca.pem', '-CRLfile', 'tls/revoked.pem', '-crl_check'];
  try {
    const { stdout, stderr } = await run('openssl', ['verify', ...trusted, ...args], { cwd });
    return stdout.trim() + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

for (const keyType of ['ecdsa-p256', 'ed25519']) {
  test(`openssl takes certificates, chain and revocation list with ${keyType} keys, and refuses what is revoked`, async () => {
    await using folder = await scratchFolder();
    const options = { cwd: folder.path };
    const hosts = ['--host', 'tracker.example.org', '--host', '2001:db8::1'];
    await dstJson(['tls', 'init', '--dir', 'tls', '--key-type', keyType, ...hosts], options);
    await dstJson(
      ['tls', 'init', '--dir', 'tls', '--key-type', keyType, '--name', 'peer', '--purpose', 'peer'],
      options,
    );
    const server = ['-purpose', 'sslserver', 'tls/server.pem'];
    for (const name of [['-verify_hostname', 'tracker.example.org'], ['-verify_ip', '2001:db8::1'], []]) {
      assert.equal(await opensslVerify(folder.path, [...name, ...server]), 'tls/server.pem: OK');
    }
    assert.match(
      await opensslVerify(folder.path, ['-verify_hostname', 'example.org', ...server]),
      /hostname mismatch/i,
    );
    assert.match(await opensslVerify(folder.path, ['-purpose', 'sslclient', 'tls/server.pem']), /unsuitable.* purpose/);
    assert.equal(await opensslVerify(folder.path, ['-purpose', 'sslclient', 'tls/peer.pem']), 'tls/peer.pem: OK');
    await dstJson(['tls', 'revoke', 'tls/peer.pem', '--dir', 'tls'], options);
    assert.match(await opensslVerify(folder.path, ['tls/peer.pem']), /certificate revoked/);
    assert.equal(await opensslVerify(folder.path, server), 'tls/server.pem: OK');
    const { stdout } = await run('openssl', ['crl', '-in', 'tls/revoked.pem', '-noout', '-crlnumber'], options);
    assert.match(stdout, /crlNumber=0x0?2$/m);
  });
}

test('a CA that nears its end is warned of and renewed: openssl takes its old certificates under the new one', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  const ends = /ends \d{4}-\d\d-\d\d .*dst tls renew-ca/;
  const { caFingerprint } = await dstJson<Issued>(['tls', 'init', '--dir', 'tls'], options);
  const young = await dst(['tls', 'show', 'tls/ca.pem'], options);
  assert.doesNotMatch(young.stderr, ends);
  const key = createPrivateKey(await readFile(join(folder.path, 'tls/ca.key')));
  const now = Math.floor(Date.now() / 1000);
  const old = (await issueAuthority({ key, now, days: 89 })).certificate;
  await writeFile(join(folder.path, 'tls/ca.pem'), old.pem);
  for (const args of [
    ['show', 'tls/ca.pem'],
    ['renew', '--dir', 'tls'],
    ['init', '--dir', 'tls', '--name', 'late'],
  ]) {
    const { code, stderr } = await dst(['tls', ...args], options);
    assert.equal(code, 0, stderr);
    assert.match(stderr, ends);
  }
  const renewed = await dstJson<Described & { ca: string }>(['tls', 'renew-ca', '--dir', 'tls'], options);
  assert.deepEqual([renewed.ca, renewed.fingerprint, renewed.subject], ['tls/ca.pem', caFingerprint, old.subject]);
  assert.ok(renewed.notAfter > old.notAfter + 4 * 365 * 86_400);
  for (const name of ['server', 'late']) {
    assert.equal(await opensslVerify(folder.path, [`tls/${name}.pem`]), `tls/${name}.pem: OK`);
  }
  const { stderr } = await dst(['tls', 'renew', '--dir', 'tls'], options);
  assert.doesNotMatch(stderr, ends);
  // What was issued under the new one is good for those who have the old one, as long as that lasts.
  await writeFile(join(folder.path, 'tls/ca.pem'), old.pem);
  assert.equal(await opensslVerify(folder.path, ['tls/server.pem']), 'tls/server.pem: OK');
});

test('the fingerprint is what openssl computes', async () => {
  await using folder = await scratchFolder();
  const { fingerprint } = await dstJson<Issued>(['tls', 'init', '--dir', 'tls'], { cwd: folder.path });
  const words =
    'openssl x509 -in tls/server.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64';
  const { stdout } = await run('sh', ['-c', words], { cwd: folder.path });
  assert.equal(fingerprint, `sha256//${stdout.trim()}`);
});

test('a tracker serves what was made, curl trusts it, and it is renewed while the tracker runs', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  const first = await dstJson<Issued>(['tls', 'init'], options);
  assert.equal(first.certificate, join(folder.path, '.local/share/dst/tls/server.pem'));
  assert.deepEqual(first.hosts, ['localhost', '127.0.0.1', '::1']);
  const listen = ['--bind', '127.0.0.1', '--port', '0', '--tls-port', '0', '--data', join(folder.path, 'data')];
  const pair = ['--tls-cert', first.certificate, '--tls-key', first.key];
  await using tracker = new DstRun(['tracker', ...listen, ...pair], options);
  const { urls } = (await tracker.event('listening')) as unknown as { urls: string[] };
  const health = (urls.find((url) => url.startsWith('https:')) as string).replace('/announce', '/health');
  const curl = async (...flags: string[]): Promise<string> => {
    const verbose = '%{certs}%{http_code}';
    return (await run('curl', ['-sS', '-o', '/dev/null', '-w', verbose, ...flags, health], options)).stdout;
  };
  const serialIn = (text: string): string | undefined =>
    /^Serial Number:(.*)$/m.exec(text)?.[1]?.replaceAll(/[:\s]/g, '').toLowerCase();
  const trusted = ['--cacert', first.ca];
  const before = await curl(...trusted);
  assert.match(before, /200$/);
  assert.equal(serialIn(before), first.serial);
  await assert.rejects(curl(), { code: 60 });
  assert.match(await curl('--insecure', '--pinnedpubkey', first.fingerprint), /200$/);
  await assert.rejects(curl('--insecure', '--pinnedpubkey', first.caFingerprint), { code: 90 });

  const next = await dstJson<Issued>(['tls', 'renew', '--new-key'], options);
  assert.notEqual(next.fingerprint, first.fingerprint);
  while (serialIn(await curl(...trusted)) !== next.serial) continue;
  assert.match(await curl(...trusted, '--pinnedpubkey', next.fingerprint), /200$/);
});

test('each reason not to trust a certificate is an error of its own', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  for (const dir of ['tls', 'other'])
    await dst(['tls', 'init', '--dir', dir, '--host', 'tracker.example.org'], options);
  const { fingerprint } = await dstJson<Issued>(['tls', 'init', '--dir', 'tls', '--name', 'second'], options);
  const verify = ['tls', 'verify', 'tls/server.pem'];
  const own = [...verify, '--dir', 'tls'];
  for (const [args, code] of [
    [[...own, '--host', 'example.org'], 'CERTIFICATE_NAME'],
    [[...own, '--purpose', 'peer'], 'CERTIFICATE_PURPOSE'],
    [[...verify, '--ca', 'other/ca.pem'], 'CERTIFICATE_UNTRUSTED'],
    [[...verify, '--ca', 'tls/ca.pem', '--crl', 'other/revoked.pem'], 'CERTIFICATE_LIST'],
    [[...verify, '--pin', fingerprint], 'PIN_MISMATCH'],
  ] as const) {
    await assertFails(args, 12, code, options);
  }
  await dst(['tls', 'revoke', 'tls/server.pem', '--dir', 'tls'], options);
  await assertFails(own, 12, 'CERTIFICATE_REVOKED', options);
  await assertFails(['tls', 'renew', '--dir', 'tls'], 12, 'CERTIFICATE_REVOKED', options);
  await writeFile(join(folder.path, 'garbage'), '-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n');
  await assertFails(['tls', 'verify', 'garbage', '--dir', 'tls'], 6, 'CERTIFICATE_INVALID', options);
  await assertFails(['tls', 'verify', 'none', '--dir', 'tls'], 3, 'CERTIFICATE_UNREADABLE', options);
});

test('a certificate is good by CA, by pin, or by both', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  const { fingerprint } = await dstJson<Issued>(['tls', 'init', '--dir', 'tls', '--key-type', 'ml-dsa-65'], options);
  const hex = Buffer.from(fingerprint.replace('sha256//', ''), 'base64').toString('hex');
  for (const [flags, isPinned, isRevocationChecked, length] of [
    [['--dir', 'tls', '--host', 'localhost', '--host', '127.0.0.1'], false, true, 2],
    [['--ca', 'tls/ca.pem'], false, false, 2],
    [['--pin', fingerprint], true, false, 1],
    [['--pin', hex, '--ca', 'tls/ca.pem', '--crl', 'tls/revoked.pem'], true, true, 2],
  ] as const) {
    const answer = await dstJson<{ chain: Described[] }>(['tls', 'verify', 'tls/server.pem', ...flags], options);
    assert.deepEqual(
      { ...answer, chain: answer.chain.length },
      { ok: true, isPinned, isRevocationChecked, chain: length },
    );
    assert.equal(answer.chain[0]?.keyKind, 'ML-DSA-65');
  }
});

test('nothing is replaced, and nothing is issued, unless that was asked for', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  const init = ['tls', 'init', '--dir', 'tls'];
  const { stdout, stderr } = await dst(init, options);
  assert.match(stdout, /^sha256\/\/[A-Za-z0-9+/]{43}=\n$/);
  for (const words of [
    /tls\/ca\.pem/,
    /localhost, 127\.0\.0\.1, ::1: tls\/server\.pem/,
    /for you alone: tls\/server\.key/,
  ]) {
    assert.match(stderr, words);
  }
  const key = await readFile(join(folder.path, 'tls/server.key'), 'utf8');
  await assertFails(init, 9, 'CERTIFICATE_EXISTS', options);
  assert.equal(await readFile(join(folder.path, 'tls/server.key'), 'utf8'), key);
  const replaced = await dst([...init, '--force'], options);
  assert.equal(replaced.code, 0);
  assert.notEqual(await readFile(join(folder.path, 'tls/server.key'), 'utf8'), key);
  await assertFails([...init, '--name', 'x', '--host', 'a:80'], 2, 'CERTIFICATE_HOST', options);
  await assertFails([...init, '--name', '../x'], 2, 'USAGE_VALUE', options);
  await assertFails([...init, '--name', 'ca', '--force'], 2, 'USAGE_VALUE', options);
  await assertFails(['tls', 'renew', '--dir', 'none'], 2, 'CERTIFICATE_AUTHORITY', options);
  await assertFails(['tls', 'show'], 2, 'USAGE', options);
  await assertFails(['tls', 'init', 'file'], 2, 'USAGE', options);
  await assertFails(['tls', 'show', 'tls/ca.pem', '--dir', 'tls'], 2, 'USAGE', options);
  await assertFails(['tls', 'verify', 'tls/ca.pem', '--pin', 'abc'], 2, 'USAGE_VALUE', options);
});

test('what is in a file is shown, for people and as JSON', async () => {
  await using folder = await scratchFolder();
  const options = { cwd: folder.path };
  const issued = await dstJson<Issued>(['tls', 'init', '--dir', 'tls', '--host', 'a.example', '--days', '7'], options);
  assert.ok(issued.notAfter < Date.now() / 1000 + 7 * 86_400 + 60);
  const { stdout } = await dst(['tls', 'show', 'tls/server.pem'], options);
  assert.match(stdout, /^Hosts +a\.example$/m);
  assert.ok(stdout.includes(issued.fingerprint));
  assert.doesNotMatch(stdout, /Not accepted/);
  await dst(['tls', 'revoke', 'tls/server.pem', '--dir', 'tls'], options);
  const all = await Promise.all(
    ['ca', 'revoked'].map((name) => readFile(join(folder.path, `tls/${name}.pem`), 'utf8')),
  );
  await writeFile(join(folder.path, 'all.pem'), all.join(''));
  const shown = await dstJson<{
    certificates: Described[];
    lists: { number: string; revoked: { serial: string }[] }[];
  }>(['tls', 'show', 'all.pem'], options);
  assert.deepEqual([shown.certificates[0]?.fingerprint, shown.lists[0]?.number], [issued.caFingerprint, '2']);
  assert.equal(shown.lists[0]?.revoked[0]?.serial, issued.serial);
  assert.ok((await dst(['tls', 'show', 'all.pem'], options)).stdout.includes(issued.serial));
});

test('the examples of docs/tls.md work as they are written: a CA is made, and renewed', async () => {
  await using folder = await scratchFolder();
  const page = await readFile(new URL('../../docs/tls.md', import.meta.url), 'utf8');
  const [example, renewal] = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] as string);
  assert.match(renewal as string, /renew-ca/);
  const shim = `dst() { ${dstCommand.map((word) => `'${word}'`).join(' ')} "$@"; }\n`;
  const { stdout } = await run('sh', ['-ec', shim + example], { cwd: folder.path });
  assert.match(stdout, /^tls\/server\.pem: OK$/m);
  await run('sh', ['-ec', shim + renewal], { cwd: folder.path });
  assert.equal(await opensslVerify(folder.path, ['tls/server.pem']), 'tls/server.pem: OK');
  const table = [...page.matchAll(/^\| `([a-z.]+)`(?:, `([a-z.]+)`)? \|/gm)].flatMap(([, one, two]) => [one, two]);
  for (const name of table.filter((file) => file !== undefined)) await stat(join(folder.path, 'tls', name));
  await rm(join(folder.path, 'tls'), { recursive: true });
});
