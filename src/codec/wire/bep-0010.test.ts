import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toBinary, toHex, utf8 } from '../../base/bytes.ts';
import { encodeExtended } from './encoder.ts';
import { decodeExtensionHandshake, encodeExtensionHandshake, type ExtensionHandshake } from './extension-handshake.ts';

const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });

describe('BEP 10', () => {
  it('puts the extended id behind message id 20', () => {
    assert.equal(toHex(encodeExtended(3, Uint8Array.of(1), Uint8Array.of(2, 3))), '0000000514' + '03' + '010203');
  });

  it('reads the example handshake', () => {
    const handshake = decodeExtensionHandshake(
      latin('d1:md11:LT_metadatai1e6:\xb5T_PEXi2ee1:pi6881e1:v13:\xc2\xb5Torrent 1.2e'),
    );
    assert.notEqual(handshake, null);
    const { ids, port, client } = handshake as ExtensionHandshake;
    assert.deepEqual(
      [...ids],
      [
        ['LT_metadata', 1],
        ['\ufffdT_PEX', 2],
      ],
    );
    assert.equal(port, 6881);
    assert.equal(client, 'µTorrent 1.2');
  });

  it('writes what it reads, canonically', () => {
    const bytes = encodeExtensionHandshake({
      ids: new Map([
        ['ut_pex', 2],
        ['ut_metadata', 1],
      ]),
      port: 6881,
      client: 'DST',
      yourHost: '192.0.2.1',
      isUploadOnly: true,
    });
    assert.equal(
      toBinary(bytes),
      'd1:md11:ut_metadatai1e6:ut_pexi2ee1:pi6881e11:upload_onlyi1e1:v3:DST6:yourip4:\xc0\x00\x02\x01e',
    );
  });

  it('reads back every field', () => {
    const handshakes: fc.Arbitrary<ExtensionHandshake> = fc.record(
      {
        ids: fc
          .dictionary(fc.stringMatching(/^[a-z_]{1,20}$/), fc.nat(255), { maxKeys: 20 })
          .map((m) => new Map(Object.entries(m))),
        client: orNull(fc.stringMatching(/^[A-Za-z][A-Za-z0-9.]{0,30}$/)),
        port: orNull(fc.integer({ min: 1, max: 65535 })),
        requestQueue: orNull(fc.integer({ min: 1 })),
        prefersEncryption: orNull(fc.boolean()),
        takesSecure: orNull(fc.boolean()),
        yourHost: orNull(fc.constantFrom('192.0.2.1', '2001:db8::1')),
        ipv4Host: orNull(fc.constant('192.0.2.7')),
        ipv6Host: orNull(fc.constant('2001:db8::7')),
        metadataSize: orNull(fc.integer({ min: 1 })),
        isUploadOnly: orNull(fc.boolean()),
        completeAgo: orNull(fc.nat()),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(handshakes, (handshake) => {
        const decoded = decodeExtensionHandshake(encodeExtensionHandshake(handshake)) as ExtensionHandshake;
        assert.deepEqual(new Map([...decoded.ids].sort()), new Map([...handshake.ids].sort()));
        assert.deepEqual({ ...decoded, ids: null }, { ...handshake, ids: null });
      }),
    );
  });

  it('takes an absent or misshapen field as not said', () => {
    const nothing = decodeExtensionHandshake(utf8('de'));
    const wrong = decodeExtensionHandshake(
      utf8(
        'd12:complete_agoi-1e1:e1:x4:ipv43:abc4:ipv64:abcd1:mle13:metadata_sizei-5e1:pi65536e4:reqqi0e11:upload_only1:x1:vi1e6:yourip5:abcdee',
      ),
    );
    assert.deepEqual(wrong, nothing);
    assert.deepEqual(nothing, {
      ids: new Map(),
      client: null,
      port: null,
      requestQueue: null,
      prefersEncryption: null,
      takesSecure: null,
      yourHost: null,
      ipv4Host: null,
      ipv6Host: null,
      metadataSize: null,
      isUploadOnly: null,
      completeAgo: null,
    });
  });

  it('keeps at most 64 extensions, with ids of one byte and names of at most 64', () => {
    const many = encodeExtensionHandshake({ ids: new Map(Array.from({ length: 500 }, (_, i) => [`x${i}`, 1])) });
    assert.equal(decodeExtensionHandshake(many)?.ids.size, 64);
    const odd = encodeExtensionHandshake({
      ids: new Map([
        ['a', 256],
        ['b', -1],
        ['c', 255],
        ['d'.repeat(65), 1],
      ]),
    });
    assert.deepEqual([...(decodeExtensionHandshake(odd)?.ids ?? [])], [['c', 255]]);
  });

  it("makes the client's name printable and short", () => {
    const named = (v: string): string | null | undefined =>
      decodeExtensionHandshake(encodeExtensionHandshake({ client: v }))?.client;
    assert.equal(named('Evil\u001b[31m\u202e\u0000Client\n'), 'Evil[31mClient');
    assert.equal(named('\u0007'), null);
    assert.equal(named('x'.repeat(5000))?.length, 100);
  });

  it('gives null for anything but a dictionary and never throws', () => {
    assert.equal(decodeExtensionHandshake(utf8('le')), null);
    assert.equal(decodeExtensionHandshake(utf8('d')), null);
    assert.equal(decodeExtensionHandshake(utf8(`d1:m${'l'.repeat(10000)}`)), null);
    const bytes = encodeExtensionHandshake({ ids: new Map([['ut_metadata', 1]]), client: 'x', port: 1 });
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decodeExtensionHandshake(bytes.subarray(0, length)), null);
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(30), (noise, at) => {
        decodeExtensionHandshake(noise);
        decodeExtensionHandshake(concat([bytes.subarray(0, at), noise]));
      }),
      { numRuns: 300 },
    );
  });
});
