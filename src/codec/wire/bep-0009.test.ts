import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import { decodeMetadataMessage, encodeMetadataMessage } from './ut-metadata.ts';

describe('BEP 9', () => {
  it('has the example messages', () => {
    assert.equal(toBinary(encodeMetadataMessage({ type: 'request', piece: 0 })), 'd8:msg_typei0e5:piecei0ee');
    assert.equal(toBinary(encodeMetadataMessage({ type: 'reject', piece: 0 })), 'd8:msg_typei2e5:piecei0ee');
    const data = utf8('xxxxxxxx');
    assert.equal(
      toBinary(encodeMetadataMessage({ type: 'data', piece: 0, totalSize: 34256, data })),
      'd8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx',
    );
  });

  it('reads back what it wrote', () => {
    const message = fc.oneof(
      fc.record(
        { type: fc.constantFrom('request' as const, 'reject' as const), piece: fc.nat() },
        { noNullPrototype: true },
      ),
      fc.record(
        {
          type: fc.constant('data' as const),
          piece: fc.nat(),
          totalSize: fc.option(fc.nat()),
          data: fc.uint8Array({ minLength: 1, maxLength: 100 }),
        },
        { noNullPrototype: true },
      ),
    );
    fc.assert(
      fc.property(message, (value) => assert.deepEqual(decodeMetadataMessage(encodeMetadataMessage(value)), value)),
    );
  });

  it('tells a message of a type to come from a broken one', () => {
    assert.deepEqual(decodeMetadataMessage(utf8('d8:msg_typei7e5:piecei0ee')), { type: 'unknown' });
    assert.equal(decodeMetadataMessage(utf8('d5:piecei0ee')), null);
    assert.equal(decodeMetadataMessage(utf8('d8:msg_typei0ee')), null);
    assert.equal(decodeMetadataMessage(utf8('d8:msg_typei0e5:piecei-1ee')), null);
    assert.equal(decodeMetadataMessage(utf8('i0e')), null);
  });

  it('refuses data that is empty or longer than 16 KiB', () => {
    const head = utf8('d8:msg_typei1e5:piecei0e10:total_sizei34256ee');
    assert.equal(decodeMetadataMessage(head), null);
    assert.notEqual(decodeMetadataMessage(concat([head, new Uint8Array(16384)])), null);
    assert.equal(decodeMetadataMessage(concat([head, new Uint8Array(16385)])), null);
  });

  it('never throws, wherever a message is cut or spoilt', () => {
    const bytes = encodeMetadataMessage({ type: 'data', piece: 3, totalSize: 50000, data: utf8('abc') });
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.uint8Array(), (at, noise) => {
        decodeMetadataMessage(concat([bytes.subarray(0, at), noise]));
      }),
      { numRuns: 300 },
    );
  });
});
