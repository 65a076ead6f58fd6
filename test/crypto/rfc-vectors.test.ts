/**
 * Each implementation of the primitives against the examples of the standards themselves. Those of HKDF stand beside
 * its source; the large published sets are in test/vectors.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { implementations } from './implementations.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** Of "abc": FIPS 180-4 and FIPS 202, examples of NIST. */
const digests = {
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha512:
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  'sha3-256': '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
} as const;

/** RFC 4231 §4.2, §4.3, §4.7: key, data, HMAC-SHA-256, HMAC-SHA-512. */
const hmacs: readonly (readonly [Uint8Array, string, string, string])[] = [
  [
    filled(20, 0x0b),
    'Hi There',
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  ],
  [
    utf8('Jefe'),
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  ],
  [
    filled(131, 0xaa),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  ],
];

/** GCM's specification (McGrew and Viega), test cases 13, 14 and 16. */
const gcm = [
  { key: '00'.repeat(32), nonce: '00'.repeat(12), plain: '', aad: '', sealed: '530f8afbc74536b9a963b4f1c4cb738b' },
  {
    key: '00'.repeat(32),
    nonce: '00'.repeat(12),
    plain: '00'.repeat(16),
    aad: '',
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308'.repeat(2),
    nonce: 'cafebabefacedbaddecaf888',
    plain:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  },
];

/** RFC 8439 §2.8.2. */
const chacha = {
  key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
  nonce: '070000004041424344454647',
  plain: utf8(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  ),
  aad: '50515253c0c1c2c3c4c5c6c7',
  sealed:
    'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
};

/** RFC 8032 §7.1: seed, public key, message, signature. */
const ed25519: readonly (readonly [string, string, string, string])[] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    digests.sha512,
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
];

/** RFC 7748 §5.2 and, with the keys of Bob and the public key of Alice, §6.1: scalar, coordinate, result. */
const x25519: readonly (readonly [string, string, string])[] = [
  [
    'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
    'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
    'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
  ],
  [
    '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
    'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
    '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
  ],
  [
    '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
    '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  ],
];

/** RFC 7914 §12, but for the fourth, which takes 1 GiB (known-answers.campaign.ts). Password, salt, costs, key. */
const scrypts = [
  [
    '',
    '',
    { logN: 4, r: 1, p: 1 },
    '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
  ],
  [
    'password',
    'NaCl',
    { logN: 10, r: 8, p: 16 },
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  ],
  [
    'pleaseletmein',
    'SodiumChloride',
    { logN: 14, r: 8, p: 1 },
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  ],
] as const;

/**
 * Of the reference implementation of Argon2 (phc-winner-argon2, src/test.c, version 0x13): the one example of RFC 9106
 * for Argon2id has a secret and associated data, which the port does not have. Password, salt, passes, KiB, lanes, key.
 */
const argon2s = [
  ['password', 'somesalt', 2, 2 ** 8, 1, '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
  ['password', 'somesalt', 2, 2 ** 8, 2, '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
  ['password', 'somesalt', 1, 2 ** 16, 1, 'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98'],
  ['password', 'somesalt', 2, 2 ** 16, 1, '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7'],
  ['differentpassword', 'somesalt', 2, 2 ** 16, 1, '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde'],
  ['password', 'diffsalt', 2, 2 ** 16, 1, 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c'],
] as const;

for (const [name, primitives] of implementations) {
  describe(`${name} primitives`, () => {
    test('hash the examples of FIPS 180-4, FIPS 202 and RFC 4231', () => {
      for (const algorithm of ['sha1', 'sha256', 'sha512', 'sha3-256'] as const) {
        assert.equal(toHex(primitives.hash(algorithm, utf8('abc'))), digests[algorithm], algorithm);
      }
      const shake = '46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f';
      assert.equal(toHex(primitives.shake256(new Uint8Array(0), 32)), shake);
      for (const [key, data, sha256, sha512] of hmacs) {
        assert.equal(toHex(primitives.hmac('sha256', key, utf8(data))), sha256, data);
        assert.equal(toHex(primitives.hmac('sha512', key, utf8(data))), sha512, data);
      }
    });

    test('seal and open the examples of AES-256-GCM', () => {
      for (const { key, nonce, plain, aad, sealed } of gcm) {
        assert.equal(toHex(primitives.aes256Gcm.seal(hex(key), hex(nonce), hex(plain), hex(aad))), sealed);
        assert.deepEqual(primitives.aes256Gcm.open(hex(key), hex(nonce), hex(sealed), hex(aad)), hex(plain));
      }
    });

    test('seal and open the example of RFC 8439', () => {
      const { key, nonce, plain, aad, sealed } = chacha;
      assert.equal(toHex(primitives.chacha20Poly1305.seal(hex(key), hex(nonce), plain, hex(aad))), sealed);
      assert.deepEqual(primitives.chacha20Poly1305.open(hex(key), hex(nonce), hex(sealed), hex(aad)), plain);
    });

    test('sign and verify the examples of RFC 8032', () => {
      for (const [seed, publicKey, message, signature] of ed25519) {
        assert.equal(toHex(primitives.ed25519.publicKeyOf(hex(seed))), publicKey);
        assert.equal(toHex(primitives.ed25519.sign(hex(seed), hex(message))), signature);
        assert.equal(primitives.ed25519.verify(hex(publicKey), hex(message), hex(signature)), true);
      }
    });

    test('multiply the examples of RFC 7748, a thousand times over too', () => {
      for (const [scalar, coordinate, result] of x25519) {
        assert.equal(toHex(primitives.x25519.sharedSecret(hex(scalar), hex(coordinate)) as Uint8Array), result);
      }
      const bob = x25519[2]?.[0] as string;
      const bobPublic = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
      assert.equal(toHex(primitives.x25519.publicKeyOf(hex(bob))), bobPublic);
      let [scalar, coordinate] = [hex(`09${'00'.repeat(31)}`), hex(`09${'00'.repeat(31)}`)];
      const after: string[] = [];
      for (let i = 1; i <= 1000; i++) {
        const next = primitives.x25519.sharedSecret(scalar, coordinate) as Uint8Array;
        [coordinate, scalar] = [scalar, next];
        if (i === 1 || i === 1000) after.push(toHex(scalar));
      }
      assert.deepEqual(after, [
        '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079',
        '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51',
      ]);
    });

    test('derive the keys of RFC 7914', async () => {
      for (const [password, salt, costs, key] of scrypts) {
        assert.equal(toHex(await primitives.scrypt(utf8(password), utf8(salt), costs, 64)), key, password);
      }
    });

    test('derive the keys of the reference implementation of Argon2id', async () => {
      for (const [password, salt, passes, memory, lanes, key] of argon2s) {
        const derived = await primitives.argon2id(utf8(password), utf8(salt), { memory, passes, lanes });
        assert.equal(toHex(derived), key, `${password}, ${memory} KiB, ${passes} passes, ${lanes} lanes`);
      }
    });
  });
}
