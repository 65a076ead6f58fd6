/** Debian's openssl reads the keys that we export, as far as its version knows their kind, and we read its keys. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { exportPublic, exportSecret, importPrivate, makeIdentity, readRecipient } from '../../src/app/keys/index.ts';

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' });
const skip = version.status !== 0 && 'openssl is not installed';
/** ML-KEM and ML-DSA came with OpenSSL 3.5. */
const knowsPostQuantum = /^OpenSSL (?:3\.(?:[5-9]|\d\d)|[4-9]\.)/.test(version.stdout);

const folder = mkdtempSync(join(tmpdir(), 'dst-openssl-'));
after(() => rmSync(folder, { recursive: true }));

const openssl = (args: readonly string[], input?: string): string =>
  execFileSync('openssl', args, { encoding: 'utf8', input, cwd: folder, stdio: 'pipe' });

const identity = await makeIdentity({ name: null, withRsa: true });
const publicFile = { identity: identity.publicIdentity, rotations: [] };
const formats = [
  ['ed25519', /ED25519/, false],
  ['x25519', /X25519/, false],
  ['rsa', /4096 bit/, false],
  ['ml-dsa-65', /ML-DSA-65/, true],
  ['ml-kem-768', /ML-KEM-768/, true],
  ['rsa-ml-kem-768', /ML-KEM-768/, true],
] as const;

for (const [format, name, isPostQuantum] of formats) {
  const why = isPostQuantum && !knowsPostQuantum ? `${version.stdout.trim()} does not know it` : skip;
  test(`openssl reads our ${format} key and makes the same public key of it`, (context) => {
    // Not a skip for the machine's sake: an older openssl cannot.
    if (why !== false) return context.diagnostic(`not compared: ${why}`);
    assert.match(openssl(['pkey', '-noout', '-text'], exportSecret(identity, format)), name);
    const publicKey = openssl(['pkey', '-pubout'], exportSecret(identity, format));
    assert.equal(publicKey, exportPublic(publicFile, format));
    assert.match(openssl(['pkey', '-pubin', '-noout', '-text'], exportPublic(publicFile, format)), name);
  });
}

test('keys that openssl made are taken over, also under a passphrase', { skip }, async () => {
  openssl(['genpkey', '-algorithm', 'ed25519', '-out', 'ed25519.pem']);
  openssl(['genpkey', '-algorithm', 'x25519', '-aes256', '-pass', 'pass:of openssl', '-out', 'x25519.pem']);
  openssl(['genpkey', '-algorithm', 'rsa', '-pkeyopt', 'rsa_keygen_bits:4096', '-out', 'rsa.pem']);
  const paths = ['ed25519.pem', 'x25519.pem', 'rsa.pem'].map((name) => join(folder, name));
  using own = await importPrivate(paths, null, () => Promise.resolve('of openssl'));
  const file = { identity: own.publicIdentity, rotations: [] };
  assert.equal(exportPublic(file, 'ed25519'), openssl(['pkey', '-in', 'ed25519.pem', '-pubout']));
  assert.equal(exportPublic(file, 'rsa'), openssl(['pkey', '-in', 'rsa.pem', '-pubout']));
  assert.match(exportSecret(own, 'age'), /^AGE-SECRET-KEY-1/m);
});

test('a public RSA key that openssl wrote is a classical recipient, in both of its forms', { skip }, async () => {
  openssl(['genpkey', '-algorithm', 'rsa', '-pkeyopt', 'rsa_keygen_bits:4096', '-out', 'other.pem']);
  const forms = { 'spki.pem': ['pkey', '-pubout'], 'pkcs1.pem': ['rsa', '-RSAPublicKey_out'] };
  const fingerprints = new Set<string>();
  for (const [name, args] of Object.entries(forms)) {
    writeFileSync(join(folder, name), openssl([...args, '-in', 'other.pem']));
    const { recipient, fingerprint } = await readRecipient(join(folder, name));
    assert.equal(recipient.family, 'classical');
    fingerprints.add(fingerprint);
  }
  assert.equal(fingerprints.size, 1);
});
