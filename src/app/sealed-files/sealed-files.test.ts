import assert from 'node:assert/strict';
import { appendFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { concat, toHex, utf8 } from '../../base/bytes.ts';
import { codeOf } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { decodeTextBlocks, encodeTextBlock } from '../../codec/identity/index.ts';
import { sealDst } from '../../codec/dst/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { makeIdentity, readAgeRecipients, readRecipient, saveIdentity, type UnlockedIdentity } from '../keys/index.ts';
import { checkSignature, Input, OpenedFile, sealAgeFile, sealDstFile, signInput } from './index.ts';

let folder = '';
let identity: UnlockedIdentity;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dst-sealed-'));
  identity = await makeIdentity({ name: 'A', withRsa: false });
  await saveIdentity(at('a.key'), identity, { passphrase: null, mayReplace: false });
});
after(async () => await rm(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

type Format = 'dst' | 'signed dst' | 'age' | 'armored age';

/** The encrypted file of a file. */
async function seal(path: string, format: Format): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const write = async (bytes: Uint8Array): Promise<void> => void parts.push(bytes.slice());
  await using input = await Input.open(path);
  if (format.endsWith('age')) {
    const recipients = (await readAgeRecipients(at('a.pub'))).map(({ recipient }) => recipient);
    await sealAgeFile(input, write, { recipients, isArmored: format === 'armored age' });
  } else {
    const recipients = [(await readRecipient(at('a.pub'))).recipient];
    const signer = format === 'signed dst' ? identity.signer : null;
    await sealDstFile(input, write, { recipients, name: 'name.bin', signer });
  }
  return concat(parts);
}

async function begin(input: Input): Promise<OpenedFile> {
  const identities = (format: 'dst' | 'age'): UnlockedIdentity['identities'] =>
    format === 'dst' ? identity.identities : identity.ageIdentities;
  return await OpenedFile.begin(input, { identities });
}

/** What is released of an encrypted file, and how it ends. */
async function unseal(path: string): Promise<{ content: Uint8Array; code: string | null; file: OpenedFile | null }> {
  const parts: Uint8Array[] = [];
  let file: OpenedFile | null = null;
  try {
    await using input = await Input.open(path);
    file = await begin(input);
    for await (const part of file.content()) parts.push(part.slice());
    return { content: concat(parts), code: null, file };
  } catch (error) {
    return { content: concat(parts), code: codeOf(error) ?? String(error), file };
  }
}

const hashOf = (bytes: Uint8Array): string => toHex(nodePrimitives.hash('sha256', bytes));
const formats: readonly Format[] = ['dst', 'signed dst', 'age', 'armored age'];
/** Around the chunks of both formats, the blocks that are read, and the beginning that is looked at first. */
const sizes = [0, 1, 16_300, 16_383, 16_384, 65_535, 65_536, 65_537, 262_144, 262_145, 2_097_152, 3_000_000];

for (const format of formats) {
  test(`files of all sizes come out of a ${format} as they went in`, async () => {
    for (const size of sizes) {
      const content = systemRandom.bytes(size);
      await writeFile(at('plain'), content);
      await writeFile(at('sealed'), await seal(at('plain'), format));
      const { content: opened, code, file } = await unseal(at('sealed'));
      assert.equal(code, null, `${size}`);
      assert.equal(hashOf(opened), hashOf(content), `${size}`);
      assert.equal(file?.signer, format === 'signed dst' ? identity.fingerprint : null);
      assert.equal(file?.name, format.endsWith('age') ? null : 'name.bin');
    }
  });

  test(`of a ${format} that was altered or cut off, nothing is released that is not the content`, async () => {
    const content = systemRandom.bytes(300_000);
    await writeFile(at('plain'), content);
    const sealed = await seal(at('plain'), format);
    for (const place of [5, 1500, sealed.length >> 1, sealed.length - 20]) {
      const altered = sealed.slice();
      altered[place] = (altered[place] as number) ^ 1;
      await writeFile(at('altered'), altered);
      await writeFile(at('cut'), sealed.subarray(0, place));
      for (const name of ['altered', 'cut']) {
        const { content: released, code } = await unseal(at(name));
        assert.match(code ?? 'none', /^SEALED_/, `${name} at ${place}`);
        assert.equal(hashOf(released), hashOf(content.subarray(0, released.length)), `${name} at ${place}`);
        assert.ok(released.length < content.length || place > 250_000);
      }
    }
  });
}

test('a name with a path in it is made one of a file', async () => {
  const { recipient } = await readRecipient(at('a.pub'));
  for (const [name, safe] of [
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['..', 'decrypted'],
    ['a\u202eb', 'ab'],
    ['con', '_con'],
  ]) {
    const sealing = { kind: 'file', name: name ?? null, created: null, recipients: [recipient], signer: null } as const;
    await writeFile(at('named'), await sealDst(nodePrimitives, systemRandom, sealing, utf8('x')));
    assert.equal((await unseal(at('named'))).file?.name, safe);
  }
});

test('a sealed key or torrent is not decrypted as a file', async () => {
  const { recipient } = await readRecipient(at('a.pub'));
  for (const kind of ['identity', 'torrent'] as const) {
    const sealing = { kind, name: null, created: null, recipients: [recipient], signer: null };
    for (const size of [10, 100_000]) {
      const sealed = await sealDst(nodePrimitives, systemRandom, sealing, systemRandom.bytes(size));
      await writeFile(at('kind'), sealed);
      const { content, code } = await unseal(at('kind'));
      assert.deepEqual([content.length, code], [0, 'FILE_KIND']);
    }
  }
});

test('what is no encrypted file, is there not, or is a folder has a code of its own', async () => {
  await writeFile(at('other'), 'a text');
  await writeFile(at('pem'), '-----BEGIN CERTIFICATE-----\n');
  await writeFile(at('empty'), '');
  const cases = {
    other: 'SEALED_FORMAT',
    pem: 'SEALED_ARMOR',
    empty: 'SEALED_FORMAT',
    absent: 'FILE_UNREADABLE',
    '.': 'FILE_UNREADABLE',
  };
  for (const [name, code] of Object.entries(cases)) assert.equal((await unseal(at(name))).code, code, name);
});

test('a file that grows or shrinks while it is sealed is refused', async () => {
  const { recipient } = await readRecipient(at('a.pub'));
  for (const change of [(path: string) => appendFile(path, 'more'), (path: string) => truncate(path, 700_000)]) {
    await writeFile(at('changing'), systemRandom.bytes(1_000_000));
    await using input = await Input.open(at('changing'));
    const sealing = sealDstFile(input, async () => await change(at('changing')), {
      recipients: [recipient],
      name: null,
      signer: null,
    });
    await assert.rejects(sealing, (error) => codeOf(error) === 'FILE_CHANGED');
  }
});

test('a large file goes through in small parts, its padding too', async () => {
  const { recipient } = await readRecipient(at('a.pub'));
  await writeFile(at('sparse'), '');
  await truncate(at('sparse'), 133 * 1024 * 1024);
  let largest = 0;
  let total = 0;
  const write = async ({ length }: Uint8Array): Promise<void> => {
    largest = Math.max(largest, length);
    total += length;
  };
  await using input = await Input.open(at('sparse'));
  await sealDstFile(input, write, { recipients: [recipient], name: null, signer: null });
  assert.ok(total > 135 * 1024 * 1024, 'it has 2 MiB of padding and more');
  assert.ok(largest < 1024 * 1024, `${largest}`);
});

test('a signal stops sealing and opening', async () => {
  await writeFile(at('plain'), systemRandom.bytes(1_000_000));
  await using input = await Input.open(at('plain'));
  const { recipient } = await readRecipient(at('a.pub'));
  const stop = new AbortController();
  const options = { recipients: [recipient], name: null, signer: null, signal: stop.signal };
  const sealing = sealDstFile(input, async () => stop.abort(), options);
  await assert.rejects(sealing, (error) => error === stop.signal.reason);
});

test('progress counts what was read, of all that there is', async () => {
  await writeFile(at('plain'), systemRandom.bytes(1_000_000));
  await writeFile(at('sealed'), await seal(at('plain'), 'dst'));
  const steps: (readonly [number, number | null])[] = [];
  await using input = await Input.open(at('sealed'));
  const onProgress = (done: number, total: number | null): void => void steps.push([done, total]);
  const file = await OpenedFile.begin(input, { identities: () => identity.identities, onProgress });
  for await (const _ of file.content());
  assert.deepEqual(steps.at(-1), [input.length, input.length]);
  assert.ok(steps.every(([done], i) => i === 0 || done > (steps[i - 1]?.[0] ?? 0)));
});

test('a signature beside a file fits it, and no other file or signer', async () => {
  const other = await makeIdentity({ name: null, withRsa: false });
  await writeFile(at('signed'), systemRandom.bytes(700_000));
  await using input = await Input.open(at('signed'));
  await writeFile(at('signed.sig'), await signInput(input, 'signed', identity, {}));
  const check = async (path: string, fingerprint: string): Promise<string | null> => {
    await using file = await Input.open(path);
    const expected = { fingerprint, former: [] };
    return await checkSignature(file, at('signed.sig'), expected, {}).then(({ name }) => name, codeOf);
  };
  assert.equal(await check(at('signed'), identity.fingerprint), 'signed');
  assert.equal(await check(at('signed'), other.fingerprint), 'SIGNATURE_SIGNER');
  const file = await open(at('signed'), 'r+');
  await file.write(Uint8Array.of(1, 2, 3, 4), 0, 4, 350_000);
  await file.close();
  assert.equal(await check(at('signed'), identity.fingerprint), 'SIGNATURE_MISMATCH');
});

test('what is no signature is told as such', async () => {
  await using input = await Input.open(at('a.pub'));
  const expected = { fingerprint: identity.fingerprint, former: [] };
  const codeOfChecking = async (bytes: Uint8Array): Promise<string | null> => {
    await writeFile(at('some.sig'), bytes);
    return await checkSignature(input, at('some.sig'), expected, {}).then(() => 'none', codeOf);
  };
  assert.equal(await codeOfChecking(await readFile(at('a.pub'))), 'FILE_KIND');
  assert.equal(await codeOfChecking(new Uint8Array(100_000)), 'FILE_KIND');
  assert.equal(await codeOfChecking(utf8('hello')), 'IDENTITY_TEXT');
  await using own = await Input.open(at('a.pub'));
  const text = await signInput(own, null, identity, {});
  const [block] = decodeTextBlocks(text);
  assert.ok(block !== undefined);
  const { bytes } = block;
  bytes[bytes.length - 60] = (bytes[bytes.length - 60] as number) ^ 1;
  const damaged = await codeOfChecking(utf8(encodeTextBlock('DST SIGNATURE', bytes)));
  assert.match(damaged ?? '', /^(SIGNATURE_FORGED|IDENTITY_INVALID|IDENTITY_FORGED)$/);
});
