import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toBinary } from '../../base/bytes.ts';
import type { ByteSink } from '../swarm-store.ts';
import { writeBytes, writeInteger, writeNumber, writeText } from './body-writer.ts';

function written(write: (sink: ByteSink) => void): string {
  const sink = { bytes: new Uint8Array(100), at: 3 };
  write(sink);
  return toBinary(sink.bytes.subarray(3, sink.at));
}

describe('the writer of replies', () => {
  it('writes numbers in decimal, without leading zeros', () => {
    for (const value of [0, 1, 9, 10, 99, 100, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      assert.equal(
        written((sink) => writeNumber(sink, value)),
        String(value),
      );
    }
    fc.assert(fc.property(fc.maxSafeNat(), (value) => written((sink) => writeNumber(sink, value)) === String(value)));
  });

  it('writes a key with its integer, as bencoding has it', () => {
    assert.equal(
      written((sink) => writeInteger(sink, '8:complete', 120)),
      '8:completei120e',
    );
  });

  it('writes bytes behind their length', () => {
    const bytes = Uint8Array.from({ length: 30 }, (_, i) => 100 + i);
    assert.equal(
      written((sink) => writeBytes(sink, bytes, 5, 17)),
      `12:${toBinary(bytes.subarray(5, 17))}`,
    );
    assert.equal(
      written((sink) => writeBytes(sink, bytes, 9, 9)),
      '0:',
    );
  });

  it('goes on where the last piece ended', () => {
    assert.equal(
      written((sink) => {
        writeText(sink, 'd');
        writeInteger(sink, '1:a', 1);
        writeText(sink, 'e');
      }),
      'd1:ai1ee',
    );
  });
});
