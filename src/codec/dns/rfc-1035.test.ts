import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromHex } from '../../base/bytes.ts';
import { decodeDnsAnswer, type DnsAnswer, type DnsQuestion, encodeDnsQuery } from './messages.ts';

const question: DnsQuestion = { id: 0x1234, name: 'tracker.example', type: 'A' };
const queryOf = (asked: DnsQuestion): Uint8Array => encodeDnsQuery(asked) as Uint8Array;
const query = queryOf(question);

/** `tracker.example` as it is sent, and a pointer to it in a message with one question. */
const NAME = '07747261636b657207' + '6578616d706c6500';
const POINTER = 'c00c';
const A = '00010001';
const TTL = '00000e10';

/** An answer to `asked` by its flags and records, all in hexadecimal digits. */
function answer(records: readonly string[], flags = '8180', asked = question): Uint8Array {
  const count = records.length.toString(16).padStart(4, '0');
  const body = Buffer.from(queryOf(asked).subarray(12)).toString('hex');
  return fromHex(`1234${flags}0001${count}00000000${body}${records.join('')}`) as Uint8Array;
}

const record = (owner: string, typeAndClass: string, data: string): string =>
  `${owner}${typeAndClass}${TTL}${(data.length / 2).toString(16).padStart(4, '0')}${data}`;

const read = (bytes: Uint8Array, asked = question): DnsAnswer | null => decodeDnsAnswer(bytes, queryOf(asked), asked);

describe('a query (RFC 1035 §4.1)', () => {
  it('asks one question and wants recursion', () => {
    assert.equal(Buffer.from(query).toString('hex'), `1234010000010000000000` + `00${NAME}${A}`);
  });

  it('asks for AAAA and TXT by their numbers', () => {
    assert.deepEqual([...queryOf({ ...question, type: 'AAAA' }).subarray(-4)], [0, 28, 0, 1]);
    assert.deepEqual([...queryOf({ ...question, type: 'TXT' }).subarray(-4)], [0, 16, 0, 1]);
  });

  it('takes a name with its final dot as the same', () => {
    assert.deepEqual(queryOf({ ...question, name: 'tracker.example.' }), query);
  });

  it('is not made of what is no name', () => {
    const names = ['', '.', 'a..b', `${'a'.repeat(64)}.example`, Array.from({ length: 60 }, () => 'label').join('.')];
    for (const name of names) assert.equal(encodeDnsQuery({ ...question, name }), null, name);
  });
});

describe('an answer', () => {
  it('has addresses in canonical form', () => {
    const records = [record(POINTER, A, 'c0000201'), record(POINTER, A, 'c0000202')];
    assert.deepEqual(read(answer(records)), {
      code: 0,
      isTruncated: false,
      records: ['192.0.2.1', '192.0.2.2'],
    });
  });

  it('has IPv6 addresses (RFC 3596)', () => {
    const asked = { ...question, type: 'AAAA' } as const;
    const records = [record(POINTER, '001c0001', '20010db8000000000000000000000001')];
    assert.deepEqual(read(answer(records, '8180', asked), asked)?.records, ['2001:db8::1']);
  });

  it('has texts, each joined from its character strings', () => {
    const asked = { ...question, type: 'TXT' } as const;
    const texts = ['0568656c6c6f', '0361626303646566', ''].map((data) => record(POINTER, '00100001', data));
    assert.deepEqual(read(answer(texts, '8180', asked), asked)?.records, ['hello', 'abcdef', '']);
  });

  it('is followed through aliases, whatever the case of their letters', () => {
    const alias = '0343444e07' + '6578616d706c6500'; // CDN.example
    const records = [record(POINTER, '00050001', alias), record('0363646e07' + '6578616d706c6500', A, 'c0000207')];
    assert.deepEqual(read(answer(records))?.records, ['192.0.2.7']);
  });

  it('tells nothing of other names, nor of records of other kinds and classes', () => {
    const other = '056f7468657207' + '6578616d706c6500'; // other.example
    const records = [
      record(other, A, 'c0000209'),
      record(POINTER, '001c0001', '20010db8000000000000000000000001'),
      record(POINTER, '00010003', 'c0000209'),
    ];
    assert.deepEqual(read(answer(records))?.records, []);
  });

  it('says that there is no such name, that the server failed, that it is cut short', () => {
    assert.equal(read(answer([], '8183'))?.code, 3);
    assert.equal(read(answer([], '8182'))?.code, 2);
    assert.deepEqual(read(answer([], '8380')), { code: 0, isTruncated: true, records: [] });
  });
});

describe('no answer', () => {
  const good = answer([record(POINTER, A, 'c0000201')]);
  const changed = (at: number, byte: number): Uint8Array => good.map((value, i) => (i === at ? byte : value));

  it('is what has another number, or another question', () => {
    assert.equal(read(changed(1, 0x35)), null);
    assert.equal(read(changed(13, 0x75)), null);
    assert.equal(read(good, { ...question, name: 'tracker.example2' }), null);
    assert.equal(read(good, { ...question, type: 'TXT' }), null);
  });

  it('is a query, and one with two questions', () => {
    assert.equal(read(changed(2, 0x01)), null);
    assert.equal(read(changed(5, 2)), null);
  });

  it('is one that ends early', () => {
    for (let length = 0; length < good.length; length++)
      assert.equal(read(good.subarray(0, length)), null, `${length}`);
  });

  it('is one whose names lead forwards or to themselves', () => {
    const self = (good.length - 16).toString(16);
    assert.equal(read(answer([record(`c0${self}`, A, 'c0000201')])), null);
    assert.equal(read(answer([record('c0ff', A, 'c0000201')])), null);
  });

  it('is one with an address of the wrong length, or a text beyond its record', () => {
    assert.equal(read(answer([record(POINTER, A, 'c00002')])), null);
    const asked = { ...question, type: 'TXT' } as const;
    assert.equal(read(answer([record(POINTER, '00100001', '0661')], '8180', asked), asked), null);
  });

  it('is garbage, which never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        const bytes = new Uint8Array([...good.subarray(0, query.length), ...tail]);
        const answered = read(bytes);
        return answered === null || answered.records.every((text) => typeof text === 'string');
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => read(bytes) === null || bytes.length > 12));
  });
});

it('a query decodes as no answer, whatever its name', () => {
  const label = fc.stringMatching(/^[a-z\d-]{1,20}$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 6 }), fc.nat(0xffff), (labels, id) => {
      const asked = { id, name: labels.join('.'), type: 'A' } as const;
      const sent = queryOf(asked);
      return decodeDnsAnswer(sent, sent, asked) === null;
    }),
  );
});
