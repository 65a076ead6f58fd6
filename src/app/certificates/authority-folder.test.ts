/** The folder of a CA: what is written, kept and renewed. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import {
  initTls,
  type InitOptions,
  isCertificateName,
  renewAuthority,
  renewTls,
  revokeCertificate,
} from './authority-folder.ts';
import { parseCertificateHost } from './hosts.ts';
import { readCertificateFile, readCertificates } from './read-certificates.ts';
import type { RevocationList } from './revocation-list.ts';
import { signingKey } from './issue.ts';
import { spkiOf, webCrypto } from './keys.ts';
import { verifyCertificate } from './verify-certificate.ts';
import { BasicConstraintsExtension, X509CertificateGenerator } from './x509-library.ts';

const now = 1_893_456_000;
const DAY = 86_400;

async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-ca-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'tls');
}

const init = (directory: string, changes: Partial<InitOptions> = {}): ReturnType<typeof initTls> =>
  initTls({
    directory,
    name: 'server',
    hosts: [parseCertificateHost('tracker.example.org'), parseCertificateHost('::1')],
    purpose: 'server',
    keyType: 'ecdsa-p256',
    days: 90,
    mayReplace: false,
    now,
    ...changes,
  });

const renew = (directory: string, changes: Partial<Parameters<typeof renewTls>[0]> = {}): ReturnType<typeof renewTls> =>
  renewTls({ directory, name: 'server', withNewKey: false, days: null, now: now + 60 * DAY, ...changes });

const listIn = async (directory: string): Promise<RevocationList | undefined> =>
  (await readCertificateFile(join(directory, 'revoked.pem'))).lists[0];

async function contents(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')])),
  );
}

describe('a new folder', () => {
  test('has a CA, a list and a certificate, whose keys only their owner may read', async (t) => {
    const directory = await newFolder(t);
    const { certificate, authority, paths } = await init(directory);
    const files = await contents(directory);
    assert.deepEqual(Object.keys(files), ['ca.key', 'ca.pem', 'revoked.pem', 'server.key', 'server.pem']);
    assert.deepEqual(paths, { certificate: join(directory, 'server.pem'), key: join(directory, 'server.key') });
    assert.equal(files['server.pem'], certificate.pem);
    assert.equal(certificate.isIssuedBy(authority), true);
    for (const name of ['ca', 'server']) {
      const [one] = await readCertificates(join(directory, `${name}.pem`));
      assert.ok(one.native.checkPrivateKey(createPrivateKey(files[`${name}.key`] as string)));
      if (process.platform !== 'win32') assert.equal((await stat(join(directory, `${name}.key`))).mode & 0o777, 0o600);
    }
    if (process.platform !== 'win32') assert.equal((await stat(directory)).mode & 0o777, 0o700);
  });

  test('that was begun and broken off is gone on with', async (t) => {
    const directory = await newFolder(t);
    await init(directory);
    const { 'ca.key': key } = await contents(directory);
    for (const name of ['ca.pem', 'server.pem', 'server.key']) await rm(join(directory, name));
    await init(directory);
    assert.equal((await contents(directory))['ca.key'], key);
  });

  test('is made by one of those who do so at the same time', async (t) => {
    const directory = await newFolder(t);
    const names = ['a', 'b', 'c', 'd'];
    const results = await Promise.allSettled(names.map((name) => init(directory, { name })));
    const [authority] = await readCertificates(join(directory, 'ca.pem'));
    for (const result of results) {
      if (result.status === 'rejected') assert.equal((result.reason as { code: string }).code, 'CERTIFICATE_EXISTS');
      else assert.ok(result.value.certificate.isIssuedBy(authority));
    }
  });
});

describe('a further certificate', () => {
  test('comes from the CA that is there', async (t) => {
    const directory = await newFolder(t);
    const first = await init(directory);
    const second = await init(directory, { name: 'peer-1', purpose: 'peer', hosts: [], keyType: 'ed25519' });
    assert.equal(second.authority.serial, first.authority.serial);
    assert.deepEqual([second.certificate.hosts, second.certificate.keyKind], [[], 'Ed25519']);
  });

  test('never takes the place of another, unless that is wanted', async (t) => {
    const directory = await newFolder(t);
    await init(directory);
    const before = await contents(directory);
    await assert.rejects(init(directory), { code: 'CERTIFICATE_EXISTS' });
    assert.deepEqual(await contents(directory), before);
    await rm(join(directory, 'server.pem'));
    await assert.rejects(init(directory), { code: 'CERTIFICATE_EXISTS' });
    await init(directory, { mayReplace: true });
    const after = await contents(directory);
    assert.notEqual(after['server.key'], before['server.key']);
    assert.equal(after['ca.key'], before['ca.key']);
    if (process.platform !== 'win32') assert.equal((await stat(join(directory, 'server.key'))).mode & 0o777, 0o600);
  });

  test('is not issued with the key of another CA, nor after the end of the CA', async (t) => {
    const [directory, other] = [await newFolder(t), await newFolder(t)];
    await init(directory);
    await init(other);
    await assert.rejects(init(directory, { name: 'late', now: now + 6 * 365 * DAY }), { code: 'CERTIFICATE_EXPIRED' });
    await copyFile(join(other, 'ca.key'), join(directory, 'ca.key'));
    await assert.rejects(init(directory, { name: 'next' }), { code: 'CERTIFICATE_AUTHORITY' });
  });

  test('has a name that stays in the folder and is not of the CA', () => {
    for (const name of ['server', 'a.b-c_1', 'cab']) assert.equal(isCertificateName(name), true, name);
    for (const name of ['', '.', '..', '../a', 'a/b', '.a', '-a', 'ca', 'CA', 'revoked', 'a\\b', 'x'.repeat(65)]) {
      assert.equal(isCertificateName(name), false, name);
    }
  });
});

describe('renewing', () => {
  test('keeps key, hosts, purpose and lifetime, and renews the list', async (t) => {
    const directory = await newFolder(t);
    const first = (await init(directory, { name: 'peer', purpose: 'peer', days: 30 })).certificate;
    const next = (await renew(directory, { name: 'peer', now: now + 20 * DAY })).certificate;
    assert.deepEqual(
      [next.fingerprint, next.hosts, next.purposes, next.notAfter],
      [first.fingerprint, first.hosts, first.purposes, now + 50 * DAY],
    );
    assert.notEqual(next.serial, first.serial);
    assert.equal((await readCertificates(join(directory, 'peer.pem')))[0].serial, next.serial);
    assert.deepEqual([(await listIn(directory))?.number, (await listIn(directory))?.nextUpdate], [2n, now + 110 * DAY]);
  });

  test('makes a new key of the same kind, and another lifetime, when asked', async (t) => {
    const directory = await newFolder(t);
    for (const keyType of ['ecdsa-p256', 'ed25519', 'ml-dsa-65'] as const) {
      const first = (await init(directory, { name: keyType, keyType })).certificate;
      const { certificate, paths } = await renew(directory, { name: keyType, withNewKey: true, days: 5 });
      assert.notEqual(certificate.fingerprint, first.fingerprint);
      assert.deepEqual([certificate.keyKind, certificate.notAfter], [first.keyKind, now + 65 * DAY]);
      assert.ok(certificate.native.checkPrivateKey(createPrivateKey(await readFile(paths.key))));
    }
  });

  test('needs a CA, and a certificate of it', async (t) => {
    const [directory, other] = [await newFolder(t), await newFolder(t)];
    await assert.rejects(renew(directory), { code: 'CERTIFICATE_AUTHORITY' });
    await init(directory);
    await init(other);
    await assert.rejects(renew(directory, { name: 'none' }), { code: 'CERTIFICATE_UNREADABLE' });
    await copyFile(join(other, 'server.pem'), join(directory, 'server.pem'));
    await assert.rejects(renew(directory), { code: 'CERTIFICATE_UNTRUSTED' });
  });
});

describe('renewing the CA', () => {
  const YEAR = 365 * DAY;

  test('keeps its name and key, and all that it has issued stays good, under the old one and the new one', async (t) => {
    const directory = await newFolder(t);
    const { certificate, authority } = await init(directory);
    await revokeCertificate(directory, (await init(directory, { name: 'revoked-one' })).certificate, now);
    const keyBefore = (await contents(directory))['ca.key'];
    const next = await renewAuthority(directory, now + 80 * DAY);
    const [written] = await readCertificates(join(directory, 'ca.pem'));
    assert.equal(written.serial, next.serial);
    assert.notEqual(next.serial, authority.serial);
    assert.deepEqual([next.fingerprint, next.subject], [authority.fingerprint, authority.subject]);
    assert.equal(next.notAfter, now + 80 * DAY + 5 * YEAR);
    assert.equal((await contents(directory))['ca.key'], keyBefore);
    const list = (await listIn(directory)) as RevocationList;
    const asked = {
      intermediates: [],
      lists: [list],
      pins: [],
      hosts: [],
      purpose: 'server',
      now: now + 85 * DAY,
    } as const;
    for (const root of [authority, next]) await verifyCertificate(certificate, { ...asked, roots: [root] });
    const fresh = (await renew(directory, { now: now + 85 * DAY })).certificate;
    for (const root of [authority, next]) assert.ok(fresh.isIssuedBy(root));
    assert.equal((await listIn(directory))?.entries.length, 1);
  });

  test('brings one back that is over', async (t) => {
    const directory = await newFolder(t);
    await init(directory);
    const late = now + 6 * YEAR;
    await assert.rejects(renew(directory, { now: late }), { code: 'CERTIFICATE_EXPIRED', message: /renew-ca/ });
    await renewAuthority(directory, late);
    const { certificate, authority } = await renew(directory, { now: late });
    assert.ok(certificate.isIssuedBy(authority));
    assert.equal(certificate.notAfter, late + 90 * DAY);
  });

  test('is for a CA that was made here: one of another name would be another CA', async (t) => {
    const directory = await newFolder(t);
    await assert.rejects(renewAuthority(directory, now), { code: 'CERTIFICATE_AUTHORITY' });
    await init(directory);
    const key = createPrivateKey((await contents(directory))['ca.key'] as string);
    const named = 'CN=Another CA';
    const other = await X509CertificateGenerator.create(
      {
        serialNumber: '01',
        subject: named,
        issuer: named,
        notBefore: new Date(now * 1000),
        notAfter: new Date((now + DAY) * 1000),
        publicKey: spkiOf(key),
        signingKey: signingKey(key),
        extensions: [new BasicConstraintsExtension(true, undefined, true)],
      },
      webCrypto,
    );
    await writeFile(join(directory, 'ca.pem'), other.toString('pem'));
    const before = await contents(directory);
    await assert.rejects(renewAuthority(directory, now), { code: 'CERTIFICATE_AUTHORITY', message: /not made here/ });
    assert.deepEqual(await contents(directory), before);
  });
});

describe('revoking', () => {
  test('adds to the list, once, and what is on it stays there', async (t) => {
    const directory = await newFolder(t);
    const first = (await init(directory)).certificate;
    const second = (await init(directory, { name: 'second' })).certificate;
    await revokeCertificate(directory, first, now + 1);
    await revokeCertificate(directory, second, now + 2);
    await revokeCertificate(directory, first, now + 3);
    const entries = [
      { serial: first.serial, since: now + 1 },
      { serial: second.serial, since: now + 2 },
    ];
    assert.deepEqual((await listIn(directory))?.entries, entries);
    await assert.rejects(renew(directory), { code: 'CERTIFICATE_REVOKED' });
    const fresh = (await renew(directory, { withNewKey: true })).certificate;
    const list = await listIn(directory);
    assert.deepEqual([list?.entries, list?.number, list?.find(fresh.serial)], [entries, 5n, null]);
  });

  test('takes nothing that another CA has issued', async (t) => {
    const [directory, other] = [await newFolder(t), await newFolder(t)];
    await init(directory);
    const { certificate } = await init(other);
    await assert.rejects(revokeCertificate(directory, certificate, now), { code: 'CERTIFICATE_UNTRUSTED' });
  });

  test('does not go on from a list that another has written', async (t) => {
    const [directory, other] = [await newFolder(t), await newFolder(t)];
    const { certificate } = await init(directory);
    await init(other);
    await copyFile(join(other, 'revoked.pem'), join(directory, 'revoked.pem'));
    await assert.rejects(revokeCertificate(directory, certificate, now), { code: 'CERTIFICATE_LIST' });
    await writeFile(join(directory, 'revoked.pem'), certificate.pem);
    await assert.rejects(revokeCertificate(directory, certificate, now), { code: 'CERTIFICATE_INVALID' });
  });
});
