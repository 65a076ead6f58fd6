/** Keys out to other programs' forms and back. Real programs: test/interop/openssl-keys.test.ts, test/e2e/cli-sealed-files.test.ts. */
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { codeOf } from '../../base/errors.ts';
import { decodeAgeIdentityFile, decodeAgePublicKey } from '../../codec/age/index.ts';
import {
  type ExportFormat,
  exportPublic,
  exportSecret,
  importPrivate,
  makeIdentity,
  type UnlockedIdentity,
} from './index.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-export-'));
});
after(async () => await rm(folder, { recursive: true }));

const identity: UnlockedIdentity = await makeIdentity({
  name: 'A',
  withRsa: true,
  secrets: { age: new Uint8Array(32).fill(5) },
});
const file = { identity: identity.publicIdentity, rotations: [] };
const never = (): Promise<never> => Promise.reject(new Error('no passphrase should be asked for'));

/** Imports these texts, each from a file of its own. */
async function imported(
  texts: readonly string[],
  passphrase = never as () => Promise<string>,
): Promise<UnlockedIdentity> {
  const paths = await Promise.all(
    texts.map(async (text, i) => {
      const path = join(folder, `${i}.pem`);
      await writeFile(path, text);
      return path;
    }),
  );
  return await importPrivate(paths, 'B', passphrase);
}

const pemFormats = ['ed25519', 'ml-dsa-65', 'x25519', 'ml-kem-768', 'rsa', 'rsa-ml-kem-768'] as const;
for (const format of pemFormats) {
  test(`the public key that is exported as ${format} belongs to the secret one`, () => {
    const publicKey = createPublicKey(exportPublic(file, format));
    const secret = createPrivateKey(exportSecret(identity, format));
    const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' });
    assert.equal(spki(publicKey), spki(createPublicKey(secret)));
    assert.equal(publicKey.asymmetricKeyType, format === 'rsa-ml-kem-768' ? 'ml-kem-768' : format);
  });
}

test('private keys of ML-DSA and ML-KEM are exported in the form that has the seed alone', () => {
  const lengthOf = (format: ExportFormat): number =>
    createPrivateKey(exportSecret(identity, format)).export({ type: 'pkcs8', format: 'der' }).length;
  assert.deepEqual([lengthOf('ml-dsa-65'), lengthOf('ml-kem-768')], [54, 86]);
});

test('all parts together make the same keys again', async () => {
  const texts = (['ed25519', 'ml-dsa-65', 'rsa', 'rsa-ml-kem-768', 'age'] as const).map((format) =>
    exportSecret(identity, format),
  );
  using again = await imported(texts);
  assert.equal(again.fingerprint, identity.fingerprint);
  const { encryption, rsa } = again.publicIdentity;
  assert.deepEqual([encryption, rsa], [identity.publicIdentity.encryption, identity.publicIdentity.rsa]);
  assert.equal(exportSecret(again, 'age'), exportSecret(identity, 'age'));
  assert.equal(again.name, 'B');
});

test('a whole identity comes back as it was, its name too', async () => {
  using again = await imported([exportSecret(identity, 'identity')]);
  assert.deepEqual(again.publicIdentity, identity.publicIdentity);
});

test('what is not brought along is new', async () => {
  const text = exportSecret(identity, 'ed25519');
  using first = await imported([text]);
  using second = await imported([text]);
  const half = (of: UnlockedIdentity): Uint8Array => of.publicIdentity.signing.subarray(-32);
  assert.deepEqual(half(first), half(identity));
  assert.deepEqual(half(first), half(second));
  assert.notEqual(first.fingerprint, second.fingerprint);
});

test('the X-Wing key is the hybrid key of age; an X25519 key of age is kept beside it', () => {
  const [hybrid, classical] = decodeAgeIdentityFile(exportSecret(identity, 'age'));
  assert.deepEqual([hybrid?.kind, classical?.kind], ['hybrid', 'x25519']);
  assert.deepEqual(
    hybrid?.secret,
    identity.withSecrets(({ encryption }) => encryption),
  );
  const publicKey = decodeAgePublicKey(exportPublic(file, 'age').trim());
  assert.deepEqual(publicKey, { kind: 'hybrid', publicKey: identity.publicIdentity.encryption });
});

test('an X25519 key in PEM becomes a key of age', async () => {
  const pem = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  using own = await imported([pem]);
  assert.match(exportSecret(own, 'age'), /^AGE-SECRET-KEY-PQ-1\w+\nAGE-SECRET-KEY-1\w+\n$/);
});

test('a PEM key under a passphrase is opened with it', async () => {
  const key = createPrivateKey(exportSecret(identity, 'ed25519'));
  const pem = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pem pass' });
  using own = await imported([pem], () => Promise.resolve('pem pass'));
  assert.deepEqual(own.publicIdentity.signing.subarray(-32), identity.publicIdentity.signing.subarray(-32));
  await assert.rejects(
    imported([pem], () => Promise.resolve('other')),
    (error) => codeOf(error) === 'KEY_PASSPHRASE',
  );
});

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' });
const refused: readonly [title: string, texts: () => string[]][] = [
  ['the same kind of key twice', () => [exportSecret(identity, 'ed25519'), exportSecret(identity, 'ed25519')]],
  ['an identity beside another key', () => [exportSecret(identity, 'ed25519'), exportSecret(identity, 'identity')]],
  ['an RSA key of 2048 bits', () => [pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)]],
  ['a key of a kind that is not used', () => [pemOf(generateKeyPairSync('x448').privateKey)]],
  ['a damaged key', () => [exportSecret(identity, 'ed25519').replace('MC4C', 'MC4D')]],
  ['no key', () => ['nothing']],
];
for (const [title, texts] of refused) {
  test(`an import with ${title} is refused`, async () => {
    await assert.rejects(imported(texts()), (error) => codeOf(error) === 'KEY_KIND');
  });
}

test('an identity without RSA has no RSA key to export', async () => {
  using own = await makeIdentity({ name: null, withRsa: false });
  const publicFile = { identity: own.publicIdentity, rotations: [] };
  assert.throws(
    () => exportSecret(own, 'rsa'),
    (error) => codeOf(error) === 'KEY_KIND',
  );
  assert.throws(
    () => exportPublic(publicFile, 'rsa'),
    (error) => codeOf(error) === 'KEY_KIND',
  );
});
