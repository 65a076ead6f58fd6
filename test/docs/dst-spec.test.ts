/** docs/spec/dst.md: its example, computed with nothing but Node's primitives, and its codes. */
import assert from 'node:assert/strict';
import { argon2Sync, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDst, paddedLength, passphraseIdentity } from '../../src/codec/dst/index.ts';
import { sealedErrors } from '../../src/codec/sealed/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { vectorsOf } from '../vectors/dst/stored.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/spec/dst.md'), 'utf8');

/** What stands between the fences of this name, after which the one wanted begins with `start`. */
function block(name: string, start = ''): string {
  const found = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].find(
    ([, fence, body]) => fence === name && body?.startsWith(start),
  );
  assert.ok(found?.[2] !== undefined, name);
  return found[2];
}

const file = Buffer.from(block('base64'), 'base64');
const header = Buffer.from(block('text', 'dst-torrent.org'));
const derived = Object.fromEntries(
  block('derived')
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/) as [string, string]),
);
const PASSPHRASE = 'correct horse';

test('the example is the first test vector, and opens', async () => {
  const [vector] = vectorsOf('container');
  assert.equal(file.toString('base64'), vector?.file);
  assert.match(text, new RegExp(`The file,\\s${file.length} bytes`));
  const { content } = await openDst(nodePrimitives, file, [passphraseIdentity(nodePrimitives, PASSPHRASE)]);
  assert.equal(Buffer.from(content).toString(), 'attack at dawn');
});

test('the header and the keys of the example are derived as the specification says', () => {
  const hex = (bytes: Uint8Array | ArrayBuffer): string => Buffer.from(bytes as Uint8Array).toString('hex');
  assert.deepEqual(file.subarray(0, header.length), header);
  const [, salt, memory, passes, lanes] = /-> argon2id (\S+) (\d+) (\d+) (\d+)\n/.exec(header.toString()) ?? [];
  const [, body, mac] = /\d\n(\S{64})\n\n--- (\S+)\n$/.exec(header.toString()) ?? [];
  const wrapKey = argon2Sync('argon2id', {
    message: PASSPHRASE.normalize('NFC'),
    nonce: Buffer.concat([Buffer.from('dst-torrent.org/v1/argon2id'), Buffer.from(salt ?? '', 'base64')]),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(lanes),
    tagLength: 32,
  });
  const fileKey = opened(wrapKey, Buffer.alloc(12), Buffer.from(body ?? '', 'base64'));
  const macKey = Buffer.from(hkdfSync('sha256', fileKey, '', 'header', 32));
  const covered = header.subarray(0, header.lastIndexOf('---') + 3);
  const headerHash = createHash('sha512').update(header).digest();
  const payload = file.subarray(header.length);
  const info = [
    Buffer.from('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0'),
    payload.subarray(0, 24),
    Buffer.from('dst-torrent.org/v1'),
    headerHash,
  ];
  const expanded = expand(fileKey, Buffer.concat(info));
  const [key, nonce] = [expanded.subarray(0, 32), expanded.subarray(32, 44)];
  assert.equal(Buffer.from(mac ?? '', 'base64').toString('hex'), derived['mac']);
  assert.deepEqual(payload.subarray(24, 56), expanded.subarray(44, 76));
  const found = {
    'wrap key': wrapKey,
    'file key': fileKey,
    'mac key': macKey,
    mac: createHmac('sha256', macKey).update(covered).digest(),
    'header hash': headerHash,
    salt: payload.subarray(0, 24),
    commitment: expanded.subarray(44, 76),
    key,
    'base nonce': nonce,
    plaintext: opened(key, nonce, payload.subarray(56)),
  };
  assert.deepEqual(Object.fromEntries(Object.entries(found).map(([name, bytes]) => [name, hex(bytes)])), derived);
});

test('the plaintext of the example is put together as the specification says', () => {
  const plaintext = Buffer.from(derived['plaintext'] ?? '', 'hex');
  const [, dictionary = ''] = /`(d7:created.*ee)`/.exec(text) ?? [];
  const used = 4 + dictionary.length + 'attack at dawn'.length;
  assert.equal(plaintext.readUInt32BE(0), dictionary.length);
  const zeros = '\0'.repeat(plaintext.length - used);
  assert.equal(plaintext.subarray(4).toString(), `${dictionary}attack at dawn${zeros}`);
  assert.match(text, new RegExp(`four zeros: ${used} bytes are\\spadded to ${paddedLength(used)}`));
});

test('all codes that a file can bring about are in its table of rules', () => {
  const rules = text.slice(text.indexOf('## 7.'), text.indexOf('## 8.'));
  const named = new Set(rules.match(/SEALED_[A-Z_]+/g));
  for (const { result } of vectorsOf('container')) {
    assert.ok(result === 'opened' || named.has(result), result);
  }
  for (const code of named) assert.ok(code in sealedErrors, code);
});

/** HKDF-Expand (RFC 5869 §2.3), two blocks. */
function expand(key: Buffer, info: Buffer): Buffer {
  const first = createHmac('sha512', key).update(info).update(Uint8Array.of(1)).digest();
  const second = createHmac('sha512', key).update(first).update(info).update(Uint8Array.of(2)).digest();
  return Buffer.concat([first, second]);
}

function opened(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer {
  const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
}
