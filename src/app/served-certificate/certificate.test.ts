/** Reading a certificate and its key, and what can be wrong with them. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { DstError } from '../../base/errors.ts';
import { expiresAt, expiryOf, readCertificate } from './certificate.ts';
import { firstPair, secondPair } from './certificate-fakes.test.ts';

/** Writes a pair; gives the paths. */
async function filesOf(t: TestContext, cert: string, key: string): Promise<[string, string]> {
  const folder = await mkdtemp(join(tmpdir(), 'dst-certificate-'));
  t.after(() => rm(folder, { recursive: true }));
  const paths: [string, string] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await writeFile(paths[0], cert);
  await writeFile(paths[1], key);
  return paths;
}

/** The error that reading a pair ends with. */
async function problemOf(t: TestContext, cert: string, key: string): Promise<DstError> {
  const error = await readCertificate(...(await filesOf(t, cert, key))).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof DstError);
  return error;
}

const secretOf = (key: string): string => key.split('\n')[1] as string;

describe('a certificate', () => {
  test('is read with its key', async (t) => {
    assert.deepEqual(await readCertificate(...(await filesOf(t, firstPair.cert, firstPair.key))), firstPair);
  });

  test('may have its chain behind it', async (t) => {
    const cert = firstPair.cert + secondPair.cert;
    assert.equal((await readCertificate(...(await filesOf(t, cert, firstPair.key)))).cert, cert);
  });

  test('is refused with a key that belongs to another', async (t) => {
    const error = await problemOf(t, firstPair.cert, secondPair.key);
    assert.equal(error.code, 'TLS_MISMATCH');
    assert.match(error.message, /key\.pem does not belong to .*cert\.pem/);
    assert.equal((await problemOf(t, secondPair.cert + firstPair.cert, firstPair.key)).code, 'TLS_MISMATCH');
  });

  test('is refused when a file is not there', async (t) => {
    const [cert] = await filesOf(t, firstPair.cert, firstPair.key);
    await assert.rejects(readCertificate(cert, `${cert}.none`), { code: 'TLS_UNREADABLE' });
    await assert.rejects(readCertificate(`${cert}.none`, cert), { code: 'TLS_UNREADABLE' });
  });

  test('is refused when a file holds something else, or a part', async (t) => {
    for (const [cert, key, file] of [
      ['', firstPair.key, 'cert'],
      [firstPair.key, firstPair.key, 'cert'],
      [firstPair.cert.slice(0, 300), firstPair.key, 'cert'],
      [firstPair.cert + secondPair.cert.slice(0, 300), firstPair.key, 'cert'],
      [firstPair.cert, '', 'key'],
      [firstPair.cert, firstPair.cert, 'key'],
      [firstPair.cert, firstPair.key.slice(0, 120), 'key'],
    ] as const) {
      const error = await problemOf(t, cert, key);
      assert.equal(error.code, 'TLS_INVALID');
      assert.match(String(error.details['path']), new RegExp(`${file}\\.pem$`));
    }
  });

  test('is refused with a key that needs a passphrase', async (t) => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    });
    assert.equal((await problemOf(t, firstPair.cert, privateKey)).code, 'TLS_INVALID');
  });

  test('never shows its key in an error', async (t) => {
    for (const [cert, key] of [
      [firstPair.cert, secondPair.key],
      ['', firstPair.key],
      [firstPair.cert, firstPair.key.slice(0, 120)],
    ] as const) {
      const error = await problemOf(t, cert, key);
      const shown = [error.message, JSON.stringify(error.details), String(error.cause), String(error.stack)].join();
      assert.ok(!shown.includes(secretOf(key).slice(0, 20)), shown);
    }
  });

  test('knows its end, from which on that is a problem', () => {
    const end = Date.parse('2126-11-02T05:55:57Z') / 1000;
    assert.equal(expiresAt(firstPair), end);
    assert.equal(expiryOf(firstPair, end), null);
    const expiry = expiryOf(firstPair, end + 1);
    assert.equal(expiry?.code, 'TLS_EXPIRED');
    assert.match(expiry?.message ?? '', /2126-11-02/);
  });
});
