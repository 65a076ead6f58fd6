import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toHex } from '../../base/bytes.ts';
import { decodeDontHave, encodeDontHave } from './dont-have.ts';
import { encodeExtended } from './encoder.ts';

describe('BEP 54', () => {
  it('is an extended message of six bytes', () => {
    assert.equal(toHex(encodeExtended(7, encodeDontHave(258))), '00000006' + '14' + '07' + '00000102');
  });

  it('reads back the piece and refuses any other length', () => {
    assert.equal(decodeDontHave(encodeDontHave(2 ** 32 - 1)), 2 ** 32 - 1);
    for (const length of [0, 1, 2, 3, 5]) assert.equal(decodeDontHave(new Uint8Array(length)), null);
  });
});
