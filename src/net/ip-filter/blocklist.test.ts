import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBlocklist } from './index.ts';

/** Which of these hosts a list keeps out. */
const kept = (list: string, hosts: readonly string[]): string[] => {
  const { filter, bad } = readBlocklist(list);
  assert.equal(bad.count, 0, `bad lines ${bad.lines.join()}`);
  return hosts.filter((host) => filter.has(host));
};

const around = ['1.2.3.3', '1.2.3.4', '1.2.3.9', '1.2.3.10'];
const within = ['1.2.3.4', '1.2.3.9'];

describe('a blocklist', () => {
  it('may be PeerGuardian text, whatever stands in the names', () => {
    assert.deepEqual(kept('Some organisation:1.2.3.4-1.2.3.9', around), within);
    assert.deepEqual(kept('Foo, 12: Bar (1.1.1.1-2.2.2.2):1.2.3.4-1.2.3.9\r\n', around), within);
    assert.deepEqual(kept(':1.2.3.4 - 1.2.3.9', around), within);
  });

  it('may be a DAT file of eMule: a level above 127 lets through', () => {
    assert.deepEqual(kept('001.002.003.004 - 001.002.003.009 , 000 , Some name - x:1', around), within);
    assert.deepEqual(kept('001.002.003.004-001.002.003.009,127', around), within);
    assert.deepEqual(kept('001.002.003.004 - 001.002.003.009 , 128 , Let through', around), []);
  });

  it('may have prefixes, single addresses and bare ranges', () => {
    const hosts = ['192.0.1.255', '192.0.2.0', '192.0.2.255', '192.0.3.0', '2001:db8:7fff::1', '2001:db8:8000::'];
    assert.deepEqual(kept('192.0.2.0/24\n2001:db8::/33', hosts), ['192.0.2.0', '192.0.2.255', '2001:db8:7fff::1']);
    assert.deepEqual(kept('192.000.002.000/24 ; SBL1', hosts), ['192.0.2.0', '192.0.2.255']);
    assert.deepEqual(kept('192.0.2.255 # the last one\n2001:db8:8000::', hosts), ['192.0.2.255', '2001:db8:8000::']);
    assert.deepEqual(kept('1.2.3.4-1.2.3.9', around), within);
  });

  it('may begin with a byte order mark, as editors of Windows write one', () => {
    for (const mark of ['\uFEFF', '\u00EF\u00BB\u00BF']) {
      assert.deepEqual(kept(`${mark}1.2.3.4-1.2.3.9`, around), within);
      assert.deepEqual(kept(`${mark}# mine\n1.2.3.4-1.2.3.9`, around), within);
    }
  });

  it('may have IPv6 ranges; a name that could be a part of the address never makes the range wider', () => {
    const hosts = ['2001:db7::', '2001:db8::', '2001:db8::ff', '2001:db8::100'];
    for (const name of ['', 'Somebody:', 'bad:', 'a:b:', ': ']) {
      assert.deepEqual(kept(`${name}2001:db8::-2001:db8::ff`, hosts), ['2001:db8::', '2001:db8::ff'], name);
    }
  });

  it('takes an IPv4 address in the form of an IPv6 one for what it is', () => {
    assert.deepEqual(kept('1.2.3.4', ['::ffff:1.2.3.4', '::ffff:1.2.3.5', '::102:304']), ['::ffff:1.2.3.4']);
    assert.deepEqual(kept('::ffff:1.2.3.4', ['1.2.3.4', '::ffff:1.2.3.4']), ['1.2.3.4', '::ffff:1.2.3.4']);
  });

  it('may have comments, blank lines, a byte order mark, and every end of line', () => {
    assert.deepEqual(kept('\ufeff# a: 1.1.1.1-9.9.9.9\n\n// b\r\n; c\n  1.2.3.4 \r\n1.2.3.9', around), within);
    assert.deepEqual(kept('', around), []);
  });

  it('is read to its end although lines are bad, and they are told by number', () => {
    const list = [
      '1.2.3.4',
      'this is nothing',
      'name:1.2.3.4-',
      'backwards:1.2.3.9-1.2.3.4',
      '1.2.3.256',
      '1.2.3.0/33',
      '2001:db8::-1.2.3.4',
      `${'x'.repeat(2000)}:1.2.3.4-1.2.3.9`,
      '1.2.3.9',
    ];
    const { filter, rules, bad } = readBlocklist(list.join('\n'));
    assert.deepEqual(bad, { count: 7, lines: [2, 3, 4, 5, 6, 7, 8] });
    assert.equal(rules, 2);
    assert.deepEqual(
      around.filter((host) => filter.has(host)),
      within,
    );
  });

  it('that is something else altogether names some of its lines', () => {
    const { rules, bad } = readBlocklist('<html>\n'.repeat(5000));
    assert.deepEqual([rules, bad.count, bad.lines.length], [0, 5000, 100]);
  });
});
