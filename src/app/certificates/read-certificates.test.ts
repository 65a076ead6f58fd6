/** Files of certificates and keys, and names of hosts. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseCertificateHost } from './hosts.ts';
import { issueAuthority } from './issue.ts';
import { generateKey } from './keys.ts';
import { readCertificateFile, readCertificateKey, readCertificates } from './read-certificates.ts';
import { issueRevocationList } from './revocation-list.ts';

const now = 1_893_456_000;
const folder = await mkdtemp(join(tmpdir(), 'dst-certificates-'));
after(() => rm(folder, { recursive: true }));

const authority = await issueAuthority({ key: generateKey('ed25519'), now, days: 10 });
const { certificate } = authority;
const list = await issueRevocationList(authority, [], 1n, now);

async function put(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'file');
  await writeFile(path, content);
  return path;
}

describe('a file of certificates', () => {
  test('has any number of them, and of lists, with other text around', async () => {
    const read = await readCertificateFile(await put(`x\n${certificate.pem}\nlist:\n${list.pem}${certificate.pem}`));
    assert.deepEqual(
      read.certificates.map(({ serial }) => serial),
      [certificate.serial, certificate.serial],
    );
    assert.deepEqual(
      read.lists.map(({ number }) => number),
      [2n],
    );
  });

  test('may be DER of one', async () => {
    assert.equal((await readCertificates(await put(certificate.native.raw)))[0].serial, certificate.serial);
    const der = Buffer.from(list.pem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    assert.equal((await readCertificateFile(await put(der))).lists[0]?.number, 2n);
  });

  test('is refused when it has something else in it, a part, or more than belongs there', async () => {
    const { raw } = certificate.native;
    for (const content of [
      '',
      'text',
      list.pem,
      certificate.pem.slice(0, 300),
      certificate.pem.replace(/\n.{30}/, '\n'),
      raw.subarray(0, -1),
      Buffer.concat([raw, raw]),
      Uint8Array.of(0x30),
      new Uint8Array(5_000_000),
    ]) {
      const path = await put(content);
      await assert.rejects(readCertificates(path), { code: 'CERTIFICATE_INVALID' });
    }
    await assert.rejects(readCertificateFile(join(folder, 'none')), { code: 'CERTIFICATE_UNREADABLE' });
    await assert.rejects(readCertificateFile(folder), { code: 'CERTIFICATE_UNREADABLE' });
  });
});

test('a file that is no key is refused without a word of what it has', async () => {
  const pem = authority.key.export({ type: 'pkcs8', format: 'pem' });
  assert.equal((await readCertificateKey(await put(pem))).equals(authority.key), true);
  const secret = pem.split('\n')[1] as string;
  for (const content of [pem.slice(0, 60), certificate.pem, pem.replace(secret, secret.slice(0, 40))]) {
    const error = await readCertificateKey(await put(content)).catch((thrown: unknown) => thrown as Error);
    assert.ok(error instanceof Error && 'code' in error && error.code === 'CERTIFICATE_INVALID');
    assert.ok(!`${error.message} ${String(error.cause)} ${String(error.stack)}`.includes(secret.slice(8, 30)));
  }
});

test('hosts are written in their one form', () => {
  for (const [text, type, value] of [
    ['Tracker.Example.org', 'dns', 'tracker.example.org'],
    ['*.example.org', 'dns', '*.example.org'],
    ['localhost', 'dns', 'localhost'],
    ['bücher.example', 'dns', 'xn--bcher-kva.example'],
    ['192.0.2.1', 'ip', '192.0.2.1'],
    ['[2001:DB8::1]', 'ip', '2001:db8::1'],
    ['2001:db8:0:0::1', 'ip', '2001:db8::1'],
  ] as const) {
    assert.deepEqual(parseCertificateHost(text), { type, value });
  }
});

test('what is no host is refused', () => {
  const long = `${'a'.repeat(63)}.`.repeat(4);
  for (const text of [
    '',
    '*',
    'a b',
    'a..b',
    '-a.b',
    'a_b',
    'a*.b',
    '*.*.b',
    'http://a',
    'a:80',
    '1.2.3',
    '1.2.3.4.5',
    '*.1',
    `${long}b`,
    'a,DNS:b',
  ]) {
    assert.throws(() => parseCertificateHost(text), { code: 'CERTIFICATE_HOST' }, text);
  }
});
