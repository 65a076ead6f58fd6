import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { concat, toBinary, utf8 } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { clientName, createPeerId } from './peer-id.ts';

const idOf = (text: string): Uint8Array =>
  concat([Uint8Array.from(text, (c) => c.charCodeAt(0)), new Uint8Array(20).fill(0x78)]).subarray(0, 20);

describe('BEP 20 peer ids', () => {
  it('of ours begin with -DS0100- and differ from one another', () => {
    const random = seededRandom(1);
    const [a, b] = [createPeerId(random), createPeerId(random)];
    assert.equal(a.length, 20);
    assert.equal(toBinary(a.subarray(0, 8)), '-DS0100-');
    assert.notDeepEqual(a, b);
    assert.equal(clientName(a), 'DST Torrent 0.1');
  });

  const known: [id: string, name: string][] = [
    ['-AZ2060-', 'Azureus 2.0.6'],
    ['-qB4520-', 'qBittorrent 4.5.2'],
    ['-lt0D60-', 'rTorrent 0.13.6'],
    ['-TR3000-', 'Transmission 3.00'],
    ['-TR2940-', 'Transmission 2.94'],
    ['-TR4060-', 'Transmission 4.0.6'],
    ['-UT355W-', 'µTorrent 3.5.5.32'],
    ['-BD0300-', 'BD 0.3'],
    ['-FG0180', 'FlashGet 0.1.8'],
    ['M4-3-6--', 'BitTorrent 4.3.6'],
    ['M4-20-8-', 'BitTorrent 4.20.8'],
    ['Q1-10-0-', 'Queen Bee 1.10.0'],
    ['A2-1-36-0-', 'aria2 1.36.0'],
    ['S58B-----', 'Shadow 5.8.11'],
    ['T03I-----', 'BitTornado 0.3.18'],
    ['XBT054d-', 'XBT Client 0.5.4'],
    ['OP7685', 'Opera 7685'],
    ['-ML2.7.2-kgjjfkd', 'MLdonkey 2.7.2'],
    ['-BOWA0C-', 'Bits on Wheels'],
    ['AZ2500BT', 'BitTyrant 1.1'],
    ['exbc\x00\x38', 'BitComet 0.56'],
    ['exbc\x01\x01LORD', 'BitLord 1.01'],
  ];
  for (const [id, name] of known) {
    it(`name ${JSON.stringify(id)} as ${name}`, () => assert.equal(clientName(idOf(id)), name));
  }

  it('of no known style have no name', () => {
    assert.equal(clientName(new Uint8Array(20)), null);
    assert.equal(clientName(utf8('xxxxxxxxxxxxxxxxxxxx')), null);
    assert.equal(clientName(idOf('-AZ2060x')), null);
    assert.equal(clientName(idOf('S58B--')), null);
    assert.equal(clientName(new Uint8Array(0)), null);
  });

  it('never bring control characters into a name', () => {
    const start = fc.constantFrom('-', '-AZ', '-\x1b[', 'exbc', 'S58', 'M4-', 'XBT', 'OP', '-__proto__');
    fc.assert(
      fc.property(start, fc.uint8Array({ minLength: 20, maxLength: 20 }), (prefix, rest) => {
        const name = clientName(concat([utf8(prefix), rest]).subarray(0, 20));
        assert.match(name ?? '', /^[\p{L}\p{N} .!~-]*$/u);
      }),
      { numRuns: 2000 },
    );
  });
});
