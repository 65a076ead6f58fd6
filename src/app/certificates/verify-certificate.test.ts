/** Each reason for which a certificate is not trusted, and that damage never makes one trusted. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, KeyObject, type webcrypto, X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DstError } from '../../base/errors.ts';
import { Certificate } from './certificate.ts';
import { parseCertificateHost } from './hosts.ts';
import { type Authority, type CertificateOptions, issueAuthority, issueCertificate } from './issue.ts';
import { generateKey, keyTypes, webCrypto } from './keys.ts';
import { decodeCertificates } from './read-certificates.ts';
import { issueRevocationList, RevocationList } from './revocation-list.ts';
import { verifyCertificate, type VerifyOptions } from './verify-certificate.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
} from './x509-library.ts';

/** 2030-01-01. */
const now = 1_893_456_000;
const DAY = 86_400;
const newKey = (): KeyObject => generateKey('ecdsa-p256');
const host = (text: string): ReturnType<typeof parseCertificateHost> => parseCertificateHost(text);

const root = await issueAuthority({ key: newKey(), now, days: 1000 });
const middle = await issueAuthority({ key: newKey(), now, days: 1000, issuer: root });
const other = await issueAuthority({ key: newKey(), now, days: 1000 });

const issue = (changes: Partial<CertificateOptions> = {}): Promise<Certificate> =>
  issueCertificate({
    key: newKey(),
    hosts: [host('tracker.example.org'), host('*.example.net'), host('192.0.2.1'), host('2001:db8::1')],
    purpose: 'server',
    now,
    days: 90,
    issuer: root,
    ...changes,
  });

const verify = (leaf: Certificate, changes: Partial<VerifyOptions> = {}): Promise<readonly Certificate[]> =>
  verifyCertificate(leaf, {
    roots: [root.certificate],
    intermediates: [],
    lists: [],
    pins: [],
    hosts: [],
    purpose: 'server',
    now,
    ...changes,
  });

const listOf = (authority: Authority, revoked: readonly Certificate[] = [], at = now): Promise<RevocationList> =>
  issueRevocationList(
    authority,
    revoked.map(({ serial }) => ({ serial, since: at })),
    6n,
    at,
  );

const leaf = await issue();

/** A certificate of any kind, signed by a key that Web Crypto of Node takes. */
async function unusual(
  { publicKey, privateKey }: { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey },
  extensions: Extension[],
  signingAlgorithm?: webcrypto.EcdsaParams,
): Promise<Certificate> {
  const made = await X509CertificateGenerator.create({
    serialNumber: '01',
    subject: 'CN=unusual',
    issuer: 'CN=unusual',
    notBefore: new Date((now - DAY) * 1000),
    notAfter: new Date((now + DAY) * 1000),
    publicKey,
    signingKey: privateKey,
    extensions,
    ...(signingAlgorithm !== undefined && { signingAlgorithm }),
  });
  return Certificate.decode(new Uint8Array(made.rawData), 'unusual');
}

const rsaKeys = (modulusLength: number, hash: string): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: Uint8Array.of(1, 0, 1), hash },
    true,
    ['sign', 'verify'],
  );
const curveKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);

describe('a certificate is trusted', () => {
  test('when its CA has signed it, for each of its hosts', async () => {
    const hosts = ['tracker.example.org', 'TRACKER.example.org', 'a.example.net', '192.0.2.1', '2001:db8:0:0::1'];
    assert.deepEqual(await verify(leaf, { hosts: hosts.map(host) }), [leaf, root.certificate]);
  });

  test('when a CA below the root has signed it, and that one is at hand', async () => {
    const below = await issue({ issuer: middle });
    const chain = await verify(below, { intermediates: [other.certificate, middle.certificate] });
    assert.deepEqual(chain, [below, middle.certificate, root.certificate]);
    await assert.rejects(verify(below), { code: 'CERTIFICATE_UNTRUSTED' });
  });

  test('when its key is pinned, without any CA', async () => {
    const own = await issueCertificate({ key: newKey(), hosts: [], purpose: 'peer', now, days: 1 });
    assert.deepEqual(await verify(own, { roots: [], pins: [leaf.fingerprint, own.fingerprint], purpose: 'peer' }), [
      own,
    ]);
    await assert.rejects(verify(own), { code: 'CERTIFICATE_UNTRUSTED' });
    await assert.rejects(verify(own, { pins: [own.fingerprint] }), { code: 'CERTIFICATE_UNTRUSTED' });
    await assert.rejects(verify(leaf, { roots: [], pins: [own.fingerprint] }), { code: 'PIN_MISMATCH' });
    await assert.rejects(verify(leaf, { pins: [own.fingerprint] }), { code: 'PIN_MISMATCH' });
  });

  test('without roots and pins in nothing at all', async () => {
    await assert.rejects(verify(leaf, { roots: [] }), { code: 'CERTIFICATE_UNTRUSTED' });
  });

  test('whatever kind of key it has that is made here', async () => {
    for (const type of keyTypes) {
      const authority = await issueAuthority({ key: generateKey(type), now, days: 10 });
      const certificate = await issue({ issuer: authority, key: generateKey(type) });
      const lists = [await listOf(authority)];
      assert.equal((await verify(certificate, { roots: [authority.certificate], lists })).length, 2);
    }
  });

  test('for as long as it says, and no longer than its CA', async () => {
    for (const at of [now - 3600, now, now + 90 * DAY]) await verify(leaf, { now: at });
    const long = await issue({ days: 5000 });
    assert.equal(long.notAfter, root.certificate.notAfter);
  });

  test('of an authority with RSA and another hash, as others make them', async () => {
    const keys = await rsaKeys(2048, 'SHA-512');
    const usage: KeyUsageFlags = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
    const certificate = await unusual(keys, [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(usage, true),
    ]);
    const authority = { certificate, key: KeyObject.from(keys.privateKey) };
    const below = await issue({ issuer: authority });
    await verify(below, { roots: [certificate], lists: [await listOf(authority)] });
    const revoked = verify(below, { roots: [certificate], lists: [await listOf(authority, [below])] });
    await assert.rejects(revoked, { code: 'CERTIFICATE_REVOKED' });
  });
});

describe('a certificate is refused', () => {
  test('when another CA has signed it, also one of the same name', async () => {
    await assert.rejects(verify(leaf, { roots: [other.certificate] }), { code: 'CERTIFICATE_UNTRUSTED' });
    const named = await X509CertificateGenerator.create(
      {
        serialNumber: '02',
        subject: root.certificate.parsed.subjectName,
        issuer: root.certificate.parsed.subjectName,
        notAfter: new Date((now + DAY) * 1000),
        publicKey: other.certificate.parsed.publicKey,
        signingKey: { algorithm: { name: 'ECDSA', namedCurve: 'P-256' }, keyObject: other.key } as unknown as CryptoKey,
        signingAlgorithm: { name: 'ECDSA', hash: { name: 'SHA-256' } } as webcrypto.EcdsaParams,
        extensions: [new BasicConstraintsExtension(true, 1, true)],
      },
      webCrypto,
    );
    const double = Certificate.decode(new Uint8Array(named.rawData), 'double');
    await assert.rejects(verify(leaf, { roots: [double] }), { code: 'CERTIFICATE_UNTRUSTED' });
  });

  test('before and after its time, and that of its CA', async () => {
    await assert.rejects(verify(leaf, { now: now - 3601 }), { code: 'CERTIFICATE_NOT_YET_VALID' });
    await assert.rejects(verify(leaf, { now: now + 90 * DAY + 1 }), { code: 'CERTIFICATE_EXPIRED' });
    const key = newKey();
    const [short, long] = [await issueAuthority({ key, now, days: 1 }), await issueAuthority({ key, now, days: 100 })];
    const below = await issue({ issuer: long });
    await verify(below, { roots: [short.certificate] });
    const later = verify(below, { roots: [short.certificate], now: now + 2 * DAY });
    await assert.rejects(later, { code: 'CERTIFICATE_EXPIRED', message: /DST private CA/ });
  });

  test('for a host that it does not name', async () => {
    for (const name of ['example.org', 'a.tracker.example.org', 'example.net', 'a.b.example.net', '192.0.2.2']) {
      await assert.rejects(verify(leaf, { hosts: [host('tracker.example.org'), host(name)] }), {
        code: 'CERTIFICATE_NAME',
      });
    }
    const partial = await issue({ hosts: [{ type: 'dns', value: 'w*.example.org' }] });
    await assert.rejects(verify(partial, { hosts: [host('www.example.org')] }), { code: 'CERTIFICATE_NAME' });
    const nameless = await issue({ hosts: [] });
    await assert.rejects(verify(nameless, { hosts: [host('server')] }), { code: 'CERTIFICATE_NAME' });
  });

  test('for a purpose that it does not have', async () => {
    await assert.rejects(verify(leaf, { purpose: 'peer' }), { code: 'CERTIFICATE_PURPOSE' });
    const peer = await issue({ purpose: 'peer' });
    await verify(peer, { purpose: 'peer' });
    await verify(peer);
    await assert.rejects(verify(root.certificate), { code: 'CERTIFICATE_PURPOSE' });
  });

  test('for a purpose that its CA does not have', async () => {
    const keys = await curveKeys();
    const extensions = [
      new BasicConstraintsExtension(true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
    ];
    const certificate = await unusual(keys, extensions, { name: 'ECDSA', hash: 'SHA-256' });
    const below = await issue({ issuer: { certificate, key: KeyObject.from(keys.privateKey) } });
    await assert.rejects(verify(below, { roots: [certificate] }), { code: 'CERTIFICATE_PURPOSE' });
  });

  test('soon, however many CAs in a circle have signed each other', async () => {
    const key = newKey();
    const circle = await Promise.all(Array.from({ length: 20 }, () => issueAuthority({ key, now, days: 10 })));
    const intermediates = circle.map(({ certificate }) => certificate);
    const below = await issue({ issuer: circle[0] as Authority });
    await assert.rejects(verify(below, { intermediates }), { code: 'CERTIFICATE_UNTRUSTED' });
  });

  test('when one that is no CA has signed it', async () => {
    const keys = await curveKeys();
    const certificate = await unusual(keys, [], { name: 'ECDSA', hash: 'SHA-256' });
    const below = await issue({ issuer: { certificate, key: KeyObject.from(keys.privateKey) } });
    await assert.rejects(verify(below, { roots: [certificate] }), { code: 'CERTIFICATE_PURPOSE' });
    const key = newKey();
    const server = await issue({ key });
    const further = await issue({ issuer: { certificate: server, key } });
    await assert.rejects(verify(further, { intermediates: [server] }), { code: 'CERTIFICATE_UNTRUSTED' });
  });

  test('when its chain is longer than three, or than a CA allows', async () => {
    const third = await issueAuthority({ key: newKey(), now, days: 1000, issuer: middle });
    const deep = await issue({ issuer: third });
    const intermediates = [third.certificate, middle.certificate];
    await assert.rejects(verify(deep, { intermediates }), { code: 'CERTIFICATE_DEPTH', message: /has 4 certificates/ });
    const roots = [middle.certificate];
    await assert.rejects(verify(deep, { roots, intermediates }), { code: 'CERTIFICATE_DEPTH', message: /allows 0/ });
  });

  test('for a key, a signature or a critical extension that is not accepted', async () => {
    const strong = await curveKeys();
    const cases: Certificate[] = [
      await unusual(await rsaKeys(1024, 'SHA-256'), []),
      await unusual(await rsaKeys(2048, 'SHA-1'), []),
      await unusual(strong, [], { name: 'ECDSA', hash: 'SHA-1' }),
      await unusual(strong, [new Extension('2.5.29.30', true, Uint8Array.of(0x30, 0))], {
        name: 'ECDSA',
        hash: 'SHA-256',
      }),
    ];
    for (const certificate of cases) {
      await assert.rejects(verify(certificate, { roots: [certificate] }), { code: 'CERTIFICATE_WEAK' });
      const pinned = verify(certificate, { roots: [], pins: [certificate.fingerprint] });
      await assert.rejects(pinned, { code: 'CERTIFICATE_WEAK' });
    }
    const key = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    await assert.rejects(verify(await issue({ key })), { code: 'CERTIFICATE_WEAK' });
    await assert.rejects(issueAuthority({ key, now, days: 1 }), { code: 'CERTIFICATE_INVALID' });
  });
});

describe('a revocation list', () => {
  test('takes back what is on it and nothing else', async () => {
    const gone = await issue();
    const lists = [await listOf(root, [gone])];
    await assert.rejects(verify(gone, { lists }), { code: 'CERTIFICATE_REVOKED' });
    await verify(leaf, { lists });
    assert.equal(lists[0]?.number, 7n);
  });

  test('of the root takes back a CA below it', async () => {
    const below = await issue({ issuer: middle });
    const options = { intermediates: [middle.certificate] };
    await verify(below, { ...options, lists: [await listOf(root), await listOf(middle)] });
    const lists = [await listOf(root, [middle.certificate]), await listOf(middle)];
    await assert.rejects(verify(below, { ...options, lists }), { code: 'CERTIFICATE_REVOKED' });
  });

  test('must be there for the CA of the certificate, when lists are asked at all', async () => {
    await assert.rejects(verify(leaf, { lists: [await listOf(other)] }), { code: 'CERTIFICATE_LIST' });
  });

  test('does not count when another CA has signed it in the name of this one', async () => {
    const forged = await listOf({ certificate: root.certificate, key: other.key });
    await assert.rejects(verify(leaf, { lists: [forged] }), { code: 'CERTIFICATE_LIST', message: /is not signed by/ });
    await assert.rejects(verify(leaf, { lists: [await listOf(root), forged] }), { code: 'CERTIFICATE_LIST' });
  });

  test('does not count when its CA may not sign lists, or has done so with SHA-1', async () => {
    const keys = await curveKeys();
    const sha256 = { name: 'ECDSA', hash: 'SHA-256' };
    const key = KeyObject.from(keys.privateKey);
    const ca = new BasicConstraintsExtension(true);
    const mute = await unusual(keys, [ca, new KeyUsagesExtension(KeyUsageFlags.keyCertSign)], sha256);
    const unsigned = verify(await issue({ issuer: { certificate: mute, key } }), {
      roots: [mute],
      lists: [await listOf({ certificate: mute, key })],
    });
    await assert.rejects(unsigned, { code: 'CERTIFICATE_LIST', message: /is not signed by/ });
    const certificate = await unusual(keys, [ca], sha256);
    const below = await issue({ issuer: { certificate, key } });
    for (const hash of ['SHA-256', 'SHA-1']) {
      const made = await X509CrlGenerator.create({
        issuer: certificate.parsed.subjectName,
        thisUpdate: new Date(now * 1000),
        nextUpdate: new Date((now + DAY) * 1000),
        signingAlgorithm: { name: 'ECDSA', hash } as webcrypto.EcdsaParams,
        signingKey: keys.privateKey,
      });
      const lists = [RevocationList.decode(new Uint8Array(made.rawData), 'list')];
      const verified = verify(below, { roots: [certificate], lists });
      if (hash === 'SHA-256') await verified;
      else await assert.rejects(verified, { code: 'CERTIFICATE_LIST', message: /is not signed by/ });
    }
  });

  test('does not count when it is out of date or of the future', async () => {
    const old = await listOf(root, [], now - 91 * DAY);
    await assert.rejects(verify(leaf, { lists: [old] }), { code: 'CERTIFICATE_LIST', message: /was good until/ });
    const early = await listOf(root, [], now + DAY);
    await assert.rejects(verify(leaf, { lists: [early] }), { code: 'CERTIFICATE_LIST', message: /begins only/ });
  });

  test('does not count when it is one of those that say only a part', async () => {
    for (const type of ['2.5.29.27', '2.5.29.28']) {
      const delta = await X509CrlGenerator.create(
        {
          issuer: root.certificate.parsed.subjectName,
          thisUpdate: new Date(now * 1000),
          nextUpdate: new Date((now + DAY) * 1000),
          extensions: [new Extension(type, true, Uint8Array.of(2, 1, 1))],
          signingAlgorithm: { name: 'ECDSA', hash: { name: 'SHA-256' } } as webcrypto.EcdsaParams,
          signingKey: {
            algorithm: { name: 'ECDSA', namedCurve: 'P-256' },
            keyObject: root.key,
          } as unknown as CryptoKey,
        },
        webCrypto,
      );
      const list = RevocationList.decode(new Uint8Array(delta.rawData), 'delta');
      await assert.rejects(verify(leaf, { lists: [list] }), { code: 'CERTIFICATE_LIST', message: /not understood/ });
    }
  });
});

/** Decodes and verifies; what is thrown must be an error of ours. */
async function codeOfVerifying(bytes: Uint8Array, kind: 'certificate' | 'list'): Promise<string> {
  try {
    const { certificates, lists } = decodeCertificates(new Uint8Array(bytes), 'damaged');
    await verify(kind === 'certificate' ? (certificates[0] as Certificate) : leaf, { lists });
    return 'good';
  } catch (error) {
    assert.ok(error instanceof DstError, String(error));
    return error.code;
  }
}

describe('damage', () => {
  /** One bit of each byte. */
  const flips = function* (der: Uint8Array): Generator<Uint8Array> {
    for (const [at, byte] of der.entries()) yield Uint8Array.from(der).fill(byte ^ (1 << (at & 7)), at, at + 1);
  };

  test('of one bit of a certificate is found', async () => {
    assert.equal(await codeOfVerifying(leaf.native.raw, 'certificate'), 'good');
    for (const damaged of flips(leaf.native.raw)) {
      assert.match(
        await codeOfVerifying(damaged, 'certificate'),
        /^CERTIFICATE_/,
        Buffer.from(damaged).toString('hex'),
      );
    }
  });

  test('of one bit of a list is found, or lies around what is signed and changes nothing that is read', async () => {
    const list = await listOf(root, [await issue()]);
    const { number, issuer, thisUpdate, nextUpdate, entries } = list;
    const der = Buffer.from(list.pem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    let unfound = 0;
    for (const damaged of flips(der)) {
      if ((await codeOfVerifying(damaged, 'list')) !== 'good') continue;
      const read = RevocationList.decode(new Uint8Array(damaged), 'damaged');
      assert.deepEqual(
        [read.number, read.issuer, read.thisUpdate, read.nextUpdate],
        [number, issuer, thisUpdate, nextUpdate],
      );
      assert.deepEqual(read.entries, entries);
      unfound++;
    }
    assert.ok(unfound < 5, `${unfound}`);
  });

  test('never ends in anything but an error of ours', async () => {
    const piece = fc.record({ at: fc.nat(leaf.native.raw.length), bytes: fc.uint8Array({ maxLength: 20 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.nat(600), async (pieces, length) => {
        const damaged = Uint8Array.from(leaf.native.raw);
        for (const { at, bytes } of pieces) damaged.set(bytes.subarray(0, damaged.length - at), at);
        await codeOfVerifying(damaged.subarray(0, length), 'certificate');
      }),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        assert.match(await codeOfVerifying(bytes, 'certificate'), /^CERTIFICATE_INVALID$/);
        assert.match(await codeOfVerifying(Uint8Array.of(0x30, ...bytes), 'list'), /^CERTIFICATE_INVALID$/);
      }),
      { numRuns: 300 },
    );
  });

  test('as nesting without end costs little', async () => {
    const deep = new Uint8Array(100_000).fill(0x30);
    for (let at = 1; at < deep.length; at += 2) deep[at] = 0x80;
    assert.equal(await codeOfVerifying(deep, 'certificate'), 'CERTIFICATE_INVALID');
  });
});

test('Node reads what is made, with the extensions that belong there', () => {
  const read = new X509Certificate(leaf.pem);
  assert.equal(read.ca, false);
  assert.equal(new X509Certificate(root.certificate.pem).ca, true);
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(read.verify(root.certificate.native.publicKey), true);
  assert.match(read.serialNumber, /^[4-7][0-9A-F]{31}$/);
});
