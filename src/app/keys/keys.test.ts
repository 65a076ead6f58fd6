import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import { equalBytes, toHex } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { encode } from '../../codec/bencode/index.ts';
import { openDst, passphraseRecipient, sealDst } from '../../codec/dst/index.ts';
import { encodeTextBlock } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { verifyHybrid } from '../../crypto/hybrid-signature.ts';
import { type KeyFileBytes, readKeyFile } from './read-key-file.ts';
import { unlockBytes } from './unlock-identity.ts';
import {
  checkSigner,
  importPublic,
  keptName,
  keyPath,
  KeyRing,
  listKeys,
  locateKey,
  makeIdentity,
  ownKeyPaths,
  readExpectedSigner,
  readPublicKeys,
  readRecipient,
  rotateIdentity,
  saveIdentity,
  savePrivateKey,
  unlockIdentity,
  type UnlockedIdentity,
} from './index.ts';

let home = '';
let folder = '';
const dataHome = process.env['XDG_DATA_HOME'];
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'dst-keys-'));
  process.env['XDG_DATA_HOME'] = home;
  folder = join(home, 'dst', 'keys');
});
after(async () => {
  if (dataHome === undefined) delete process.env['XDG_DATA_HOME'];
  else process.env['XDG_DATA_HOME'] = dataHome;
  await rm(home, { recursive: true });
});

const never = (): Promise<never> => Promise.reject(new Error('no passphrase should be asked for'));
const knows = (passphrase: string) => (): Promise<string> => Promise.resolve(passphrase);
const rejects = (act: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(act, (error) => codeOf(error) === code || assert.equal(codeOf(error), code));
const silent = { askAgain: () => false, onLocked: () => {}, onExposed: () => {} };
const isWindows = process.platform === 'win32';

/** A new key in the key folder. */
async function keep(name: string, passphrase: string | null = null): Promise<UnlockedIdentity> {
  const identity = await makeIdentity({ name: `Owner of ${name}`, withRsa: false });
  await saveIdentity(keyPath(name, 'key'), identity, { passphrase, mayReplace: false });
  return identity;
}

test('a key is kept under its passphrase, and only that opens it', async () => {
  const made = await keep('locked', 'open sesame');
  const path = join(folder, 'locked.key');
  assert.match((await readFile(path)).toString('latin1'), /^dst-torrent\.org\/v1\n-> argon2id /);
  using opened = await unlockIdentity('locked', knows('open sesame'));
  assert.equal(opened.fingerprint, made.fingerprint);
  assert.equal(opened.name, 'Owner of locked');
  await rejects(unlockIdentity('locked', knows('Open sesame')), 'KEY_PASSPHRASE');
  const same = await readPublicKeys(path.replace('.key', '.pub'));
  assert.equal(same.kind === 'identity' && same.identity.fingerprint, made.fingerprint);
});

test('a key that is not protected opens without a passphrase', async () => {
  const made = await keep('plain');
  using opened = await unlockIdentity(join(folder, 'plain.key'), never);
  assert.equal(opened.fingerprint, made.fingerprint);
});

test('private key files are for their owner alone, and so is the key folder', { skip: isWindows }, async () => {
  await keep('mode', 'x');
  assert.equal((await stat(join(folder, 'mode.key'))).mode & 0o777, 0o600);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.part')),
    [],
  );
});

test('a key file that others can read is told as such', { skip: isWindows }, async () => {
  await keep('exposed');
  const path = join(folder, 'exposed.key');
  for (const [mode, isExposed] of [
    [0o600, false],
    [0o640, true],
    [0o604, true],
  ] as const) {
    await chmod(path, mode);
    using opened = await unlockIdentity(path, never);
    assert.equal(opened.isExposed, isExposed, mode.toString(8));
  }
});

test('a key file is never replaced unless that is wanted', async () => {
  const first = await keep('kept');
  const other = await makeIdentity({ name: null, withRsa: false });
  const path = join(folder, 'kept.key');
  await rejects(saveIdentity(path, other, { passphrase: null, mayReplace: false }), 'KEY_EXISTS');
  await rejects(savePrivateKey(path, other, { passphrase: null, mayReplace: false }), 'KEY_EXISTS');
  using still = await unlockIdentity('kept', never);
  assert.equal(still.fingerprint, first.fingerprint);
  await saveIdentity(path, other, { passphrase: null, mayReplace: true });
  using now = await unlockIdentity('kept', never);
  assert.equal(now.fingerprint, other.fingerprint);
});

test('a key opens what was sealed for its public file and signs for it', async () => {
  using identity = await makeIdentity({ name: null, withRsa: true });
  const path = join(home, 'rsa.key');
  const publicPath = await saveIdentity(path, identity, { passphrase: null, mayReplace: false });
  for (const withRsa of [false, true]) {
    const { recipient, fingerprint } = await readRecipient(publicPath, { withRsa });
    assert.equal(fingerprint, identity.fingerprint);
    const sealing = {
      kind: 'file',
      name: null,
      created: null,
      recipients: [recipient],
      signer: identity.signer,
    } as const;
    const file = await sealDst(nodePrimitives, systemRandom, sealing, Uint8Array.of(1, 2, 3));
    using opener = await unlockIdentity(path, never);
    const { content, signer } = await openDst(nodePrimitives, file, opener.identities);
    assert.deepEqual(content, Uint8Array.of(1, 2, 3));
    assert.deepEqual(signer, identity.publicIdentity.signing);
  }
});

test('no secret of an open key is seen in what is printed of it', async () => {
  const secrets = { mlDsa: 0xa1, ed25519: 0xa2, encryption: 0xa3, age: 0xa4 };
  const seeds = Object.fromEntries(
    Object.entries(secrets).map(([name, byte]) => [name, new Uint8Array(32).fill(byte)]),
  );
  using identity = await makeIdentity({ name: null, withRsa: false, secrets: seeds });
  const printed = [
    inspect(identity, { depth: 10, showHidden: true, maxArrayLength: null }),
    JSON.stringify(identity),
  ].join('\n');
  for (const byte of Object.values(secrets)) {
    for (const run of [
      `${byte}, ${byte}, ${byte}`,
      `${byte},${byte},${byte}`,
      `:${byte},"1":${byte}`,
      byte.toString(16).repeat(4),
    ]) {
      assert.ok(!printed.includes(run), run);
    }
  }
  assert.ok(printed.includes(identity.fingerprint));
});

test('a key that was closed signs and opens nothing more, and its seeds are overwritten', async () => {
  const identity = await makeIdentity({ name: null, withRsa: false });
  const digest = new Uint8Array(64);
  const signature = identity.signer.sign('test', digest);
  assert.ok(verifyHybrid(nodePrimitives, identity.signer.publicKey, 'test', digest, signature));
  const seeds = identity.withSecrets(({ signing, encryption }) => [signing, encryption]);
  identity[Symbol.dispose]();
  assert.throws(() => identity.signer.sign('test', digest), /closed/);
  assert.throws(() => identity.encode(), /closed/);
  await assert.rejects(Promise.resolve(identity.identities[0]?.unwrap([])), /closed/);
  for (const seed of seeds) assert.ok(seed.every((byte) => byte === 0));
});

test('no error says a passphrase or anything of a key', async () => {
  await keep('quiet', 'a long secret passphrase');
  const path = join(folder, 'quiet.key');
  const damaged = join(home, 'damaged.key');
  await writeFile(damaged, (await readFile(path)).fill(0, 300, 400));
  const seed = new Uint8Array(64).fill(0x53); // S
  const type = 'dst-torrent.org/v1/private-identity';
  const document = encode({ type, signing: seed, encryption: seed.subarray(32), identity: 'x' });
  const plain = join(home, 'invalid.key');
  await writeFile(plain, encodeTextBlock('DST PRIVATE IDENTITY', document));
  const failures = [
    () => unlockIdentity(path, knows('a long secret passphrase?')),
    () => unlockIdentity(damaged, knows('a long secret passphrase')),
    () => unlockIdentity(plain, never),
  ];
  for (const [i, fail] of failures.entries()) {
    const error = await fail().then(
      () => assert.fail(`${i} was opened`),
      (reason: unknown) => reason as Error,
    );
    const told = inspect({ ...error, message: error.message, cause: error.cause }, { depth: 10, showHidden: true });
    assert.doesNotMatch(told, /a long secret|SSSS|U1NT|83, 83/);
  }
});

test('names lead to the key folder only, and everything else is a path', async () => {
  assert.equal(keyPath('alice', 'pub'), join(folder, 'alice.pub'));
  assert.equal(keyPath('./alice', 'pub'), './alice');
  assert.equal(keyPath('alice.pub', 'pub'), 'alice.pub');
  const { fingerprint } = await makeIdentity({ name: null, withRsa: false });
  for (const text of ['', 'a b', 'ä', fingerprint, 'age1x', 'x'.repeat(65)]) assert.throws(() => keyPath(text, 'key'));
});

test('the key folder is listed, others beside own keys, and files that are none left out', async () => {
  const other = await makeIdentity({ name: 'Other', withRsa: false });
  await saveIdentity(join(home, 'other.key'), other, { passphrase: null, mayReplace: false });
  await importPublic(join(home, 'other.pub'), keyPath('other', 'pub'), false);
  await writeFile(join(folder, 'README'), 'no key');
  await writeFile(join(folder, 'broken.pub'), 'no key either');
  const listed = await listKeys();
  const named = Object.fromEntries(listed.map(({ key, isOwn, identity }) => [key, [isOwn, identity?.name ?? null]]));
  assert.deepEqual(named['other'], [false, 'Other']);
  assert.deepEqual(named['plain'], [true, 'Owner of plain']);
  assert.deepEqual(named['broken'], [false, null]);
  assert.equal('README' in named, false);
  assert.equal(await keptName(other.fingerprint), 'other');
  assert.deepEqual((await locateKey('other')).content, 'public');
});

test('keys without a passphrase are tried before those with one', async () => {
  const paths = await ownKeyPaths();
  const names = paths.map((path) => path.slice(folder.length + 1));
  assert.ok(names.indexOf('plain.key') < names.indexOf('locked.key'));
});

test('a ring asks for the passphrase of a key only when the keys before it did not open the file', async () => {
  const { recipient } = await readRecipient('plain');
  const sealing = { kind: 'file', name: null, created: null, recipients: [recipient], signer: null } as const;
  const file = await sealDst(nodePrimitives, systemRandom, sealing, Uint8Array.of(7));
  const asked: string[] = [];
  const passphrase = async (path: string): Promise<string> => {
    asked.push(path);
    return 'open sesame';
  };
  const options = { ...silent, passphrase };
  using first = new KeyRing({ ...options, paths: ['plain', 'locked'] });
  await openDst(nodePrimitives, file, [first.identity('dst')]);
  assert.deepEqual(asked, []);
  using last = new KeyRing({ ...options, paths: ['locked', 'plain'] });
  await openDst(nodePrimitives, file, [last.identity('dst')]);
  assert.deepEqual(asked, [join(folder, 'locked.key')]);
});

test('a ring asks again for a passphrase that was wrong, then goes on with the other keys', async () => {
  await keep('second', 'open second');
  const sealFor = async (name: string): Promise<Uint8Array> => {
    const { recipient } = await readRecipient(name);
    const sealing = { kind: 'file', name: null, created: null, recipients: [recipient], signer: null } as const;
    return await sealDst(nodePrimitives, systemRandom, sealing, Uint8Array.of(7));
  };
  const [forSecond, forPlain, forNobody] = [await sealFor('second'), await sealFor('plain'), await sealFor('kept')];
  const told: string[] = [];
  const nameOf = (path: string): string => path.slice(folder.length + 1);
  const ringWith = (answers: readonly string[], most: number): KeyRing => {
    const left = [...answers];
    return new KeyRing({
      paths: ['locked', 'second', 'plain'],
      passphrase: async (path) => {
        told.push(`? ${nameOf(path)}`);
        return left.shift() as string;
      },
      askAgain: (path, wrong) => {
        told.push(`${wrong} wrong for ${nameOf(path)}`);
        return wrong < most;
      },
      onLocked: (path) => void told.push(`! ${nameOf(path)}`),
      onExposed: () => {},
    });
  };
  const openedWith = async (file: Uint8Array, ring: KeyRing): Promise<Uint8Array> => {
    told.length = 0;
    using _ring = ring;
    return (await openDst(nodePrimitives, file, [ring.identity('dst')])).content;
  };
  assert.deepEqual(await openedWith(forSecond, ringWith(['x', 'y', 'z', 'x', 'open second'], 3)), Uint8Array.of(7));
  const three = [1, 2, 3].flatMap((wrong) => ['? locked.key', `${wrong} wrong for locked.key`]);
  assert.deepEqual(told, [...three, '! locked.key', '? second.key', '1 wrong for second.key', '? second.key']);
  assert.deepEqual(await openedWith(forPlain, ringWith(['x', 'x'], 1)), Uint8Array.of(7));
  assert.deepEqual(
    told.filter((one) => one.startsWith('!')),
    ['! locked.key', '! second.key'],
  );
  await rejects(openedWith(forNobody, ringWith(['x', 'open second'], 1)), 'KEY_PASSPHRASE');
  await rejects(openedWith(forNobody, ringWith(['open sesame', 'open second'], 1)), 'SEALED_NO_KEY');
});

test('what was read of a key is overwritten, whether it opens or not, and its secrets when it is closed', async () => {
  const identity = await keep('forgotten', 'open sesame');
  const path = join(folder, 'forgotten.key');
  const read = async (from: string): Promise<KeyFileBytes> => await readKeyFile(from);
  const isZero = (bytes: Uint8Array): boolean => !bytes.some((byte) => byte !== 0);
  const files = [await read(path), await read(path), await read(join(folder, 'plain.key'))] as const;
  await rejects(unlockBytes(path, files[0], knows('Open sesame')), 'KEY_PASSPHRASE');
  const opened = [await unlockBytes(path, files[1], knows('open sesame')), await unlockBytes(path, files[2], never)];
  for (const { bytes } of files) assert.ok(isZero(bytes));
  for (const one of [identity, ...opened]) {
    const all = one.withSecrets(({ signing, encryption }) => [signing, encryption]);
    assert.ok(!all.some(isZero));
    one[Symbol.dispose]();
    assert.ok(all.every(isZero));
  }
});

test('making a key leaves no copy of a part of it behind', async (t) => {
  const drawn: Uint8Array[] = [];
  const { getRandomValues } = crypto;
  t.mock.method(crypto, 'getRandomValues', (bytes: Uint8Array<ArrayBuffer>) => {
    drawn.push(bytes);
    return getRandomValues.call(crypto, bytes);
  });
  const identity = await makeIdentity({ name: null, withRsa: false });
  const secrets = identity.withSecrets(({ signing, encryption }) => [signing, encryption]);
  const others = drawn.filter((bytes) => !secrets.some(({ buffer }) => buffer === bytes.buffer));
  assert.ok(others.length > 0);
  for (const bytes of others) assert.ok(!bytes.some((byte) => byte !== 0));
  identity[Symbol.dispose]();
});

test('what a sealed file holds that is no key is overwritten when it is refused as one', async (t) => {
  const passphrase = 'open sesame';
  const recipients = [
    passphraseRecipient(nodePrimitives, systemRandom, passphrase, { memory: 64, passes: 1, lanes: 1 }),
  ];
  const sealing = { kind: 'file', name: null, created: null, recipients, signer: null } as const;
  const content = systemRandom.bytes(20_000);
  const file = { bytes: await sealDst(nodePrimitives, systemRandom, sealing, content), isExposed: false };
  let isWiped = false;
  const { fill } = Uint8Array.prototype;
  t.mock.method(
    Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array,
    'fill',
    function (this: Uint8Array, value: number) {
      isWiped ||= equalBytes(this, content);
      return fill.call(this, value);
    },
  );
  await rejects(unlockBytes('file.dst', file, knows(passphrase)), 'KEY_KIND');
  assert.ok(isWiped);
});

test('rotations lead from the pinned key to the new one, over several changes', async () => {
  const [a, b, c] = await Promise.all(['one', 'two', 'three'].map((name) => makeIdentity({ name, withRsa: false })));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const pathOf = (name: string): string => join(home, `${name}.key`);
  const options = { passphrase: null, mayReplace: false };
  await saveIdentity(pathOf('r1'), a, options);
  await saveIdentity(pathOf('r2'), b, { ...options, rotations: await rotateIdentity(pathOf('r1'), a, b) });
  await saveIdentity(pathOf('r3'), c, { ...options, rotations: await rotateIdentity(pathOf('r2'), b, c) });
  const newest = join(home, 'r3.pub');
  const keys = await readPublicKeys(newest);
  assert.equal(keys.kind === 'identity' && keys.rotations.length, 2);
  const expected = await readExpectedSigner(a.fingerprint, [newest]);
  assert.deepEqual(expected, { fingerprint: c.fingerprint, former: [a.fingerprint, b.fingerprint] });
  assert.deepEqual(await readExpectedSigner(newest, []), expected);
  checkSigner(expected, c.fingerprint);
  for (const [found, code] of [
    [a.fingerprint, 'SIGNATURE_SIGNER'],
    [null, 'SIGNATURE_MISSING'],
  ] as const) {
    assert.throws(
      () => checkSigner(expected, found),
      (error) => codeOf(error) === code,
    );
  }
  await importPublic(join(home, 'r1.pub'), keyPath('contact', 'pub'), false);
  const updated = await importPublic(newest, keyPath('contact', 'pub'), false);
  assert.deepEqual(updated, { fingerprint: c.fingerprint, name: 'three', before: a.fingerprint });
  await rejects(importPublic(join(home, 'r1.pub'), keyPath('contact', 'pub'), false), 'KEY_EXISTS');
});

test('a public key file whose rotations lead elsewhere is refused', async () => {
  const text = async (name: string): Promise<string> => await readFile(join(home, `${name}.pub`), 'utf8');
  const rotation = (await text('r2')).slice((await text('r2')).indexOf('-----BEGIN DST ROTATION'));
  await writeFile(join(home, 'wrong.pub'), (await text('r3')).replace(/-----BEGIN DST ROTATION[^]*/, rotation));
  await rejects(readPublicKeys(join(home, 'wrong.pub')), 'KEY_ROTATIONS');
});

test('the public key of somebody else is not put in the place of a kept one', async () => {
  const [a, b] = await Promise.all([1, 2].map((created) => makeIdentity({ name: null, withRsa: false, created })));
  assert.ok(a !== undefined && b !== undefined);
  await saveIdentity(join(home, 'm1.key'), a, { passphrase: null, mayReplace: false });
  await saveIdentity(join(home, 'm2.key'), b, { passphrase: null, mayReplace: false });
  await importPublic(join(home, 'm1.pub'), keyPath('mallory', 'pub'), false);
  await rejects(importPublic(join(home, 'm2.pub'), keyPath('mallory', 'pub'), false), 'KEY_EXISTS');
  assert.equal((await readRecipient('mallory')).fingerprint, a.fingerprint);
  await importPublic(join(home, 'm2.pub'), keyPath('mallory', 'pub'), true);
  assert.equal((await readRecipient('mallory')).fingerprint, b.fingerprint);
});

test('an older identity of the same key does not come back in the place of a later one', async () => {
  const secrets = { mlDsa: systemRandom.bytes(32), ed25519: systemRandom.bytes(32) };
  const [old, now] = await Promise.all(
    [1, 2].map((created) => makeIdentity({ name: null, withRsa: false, secrets, created })),
  );
  assert.ok(old !== undefined && now !== undefined);
  assert.equal(old.fingerprint, now.fingerprint);
  await saveIdentity(join(home, 'old.key'), old, { passphrase: null, mayReplace: false });
  await saveIdentity(join(home, 'now.key'), now, { passphrase: null, mayReplace: false });
  await importPublic(join(home, 'old.pub'), keyPath('renewed', 'pub'), false);
  await importPublic(join(home, 'now.pub'), keyPath('renewed', 'pub'), false);
  const kept = await readPublicKeys('renewed');
  assert.equal(kept.kind === 'identity' && toHex(kept.identity.encryption), toHex(now.publicIdentity.encryption));
  await rejects(importPublic(join(home, 'old.pub'), keyPath('renewed', 'pub'), false), 'KEY_EXISTS');
});

test('what is not the key that is wanted is told as such', async () => {
  const wrong: readonly [act: () => Promise<unknown>, code: string][] = [
    [() => readRecipient(join(folder, 'locked.key')), 'KEY_KIND'],
    [() => readRecipient(join(folder, 'plain.key')), 'KEY_KIND'],
    [() => unlockIdentity(join(folder, 'plain.pub'), never), 'KEY_KIND'],
    [() => unlockIdentity('absent', never), 'KEY_UNREADABLE'],
    [() => readRecipient(folder), 'KEY_UNREADABLE'],
    [() => readRecipient('age1qqqq'), 'SEALED_KEY_TEXT'],
    [() => readRecipient(join(folder, 'README.pub')), 'KEY_UNREADABLE'],
    [() => readRecipient(join(folder, 'broken.pub')), 'IDENTITY_TEXT'],
  ];
  for (const [act, code] of wrong) await rejects(act(), code);
  const large = join(home, 'large.pub');
  await writeFile(large, new Uint8Array(2 * 1024 * 1024));
  await rejects(readRecipient(large), 'KEY_KIND');
});
