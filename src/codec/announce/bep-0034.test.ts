import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeDnsPreferences, encodeDnsPreferences, type TrackerPort } from './dns-preferences.ts';

const trackerPort: fc.Arbitrary<TrackerPort> = fc.record(
  { protocol: fc.constantFrom('udp' as const, 'tcp' as const), port: fc.integer({ min: 1, max: 65535 }) },
  { noNullPrototype: true },
);
const trackerPorts = fc.uniqueArray(trackerPort, {
  minLength: 1,
  maxLength: 24,
  selector: ({ protocol, port }) => `${protocol}:${port}`,
});

describe('BEP 34: the examples', () => {
  it('"BITTORRENT" denies', () => {
    assert.equal(decodeDnsPreferences(['BITTORRENT']), 'none');
  });

  it('"BITTORRENT DENY ALL" denies as well, and is what we write', () => {
    assert.equal(decodeDnsPreferences(['BITTORRENT DENY ALL']), 'none');
    assert.equal(encodeDnsPreferences([]), 'BITTORRENT DENY ALL');
  });

  it('"BITTORRENT UDP:1337 TCP:80" has two trackers, UDP preferred', () => {
    const text = 'BITTORRENT UDP:1337 TCP:80';
    const ports = [
      { protocol: 'udp', port: 1337 },
      { protocol: 'tcp', port: 80 },
    ] as const;
    assert.deepEqual(decodeDnsPreferences([text]), ports);
    assert.equal(encodeDnsPreferences(ports), text);
  });
});

describe('a record that is read', () => {
  it('is told from the other TXT records of a host', () => {
    const records = ['v=spf1 -all', 'BITTORRENT TCP:80', 'google-site-verification=x'];
    assert.deepEqual(decodeDnsPreferences(records), [{ protocol: 'tcp', port: 80 }]);
  });

  it('must begin with the word', () => {
    for (const text of ['', 'UDP:1 BITTORRENT', 'BITTORRENTS UDP:1', 'BITTORRENT:1', ' BITTORRENT', 'v=spf1'])
      assert.equal(decodeDnsPreferences([text]), null, text);
    assert.equal(decodeDnsPreferences([]), null);
  });

  it('is case-sensitive', () => {
    assert.equal(decodeDnsPreferences(['bittorrent UDP:1']), null);
    assert.equal(decodeDnsPreferences(['BITTORRENT udp:1 Tcp:2']), 'none');
  });

  it('may have words that nobody knows, and more than one space', () => {
    assert.deepEqual(decodeDnsPreferences(['BITTORRENT  WS:1 our UDP:2   trackers ']), [{ protocol: 'udp', port: 2 }]);
  });

  it('has no ports but real ones', () => {
    for (const word of [
      'UDP:0',
      'UDP:65536',
      'UDP:99999',
      'UDP:123456',
      'UDP:',
      'UDP:-1',
      'UDP:1e3',
      'UDP:80/x',
      'UDP:٣',
    ])
      assert.equal(decodeDnsPreferences([`BITTORRENT ${word}`]), 'none', word);
    assert.deepEqual(decodeDnsPreferences(['BITTORRENT UDP:65535']), [{ protocol: 'udp', port: 65535 }]);
  });

  it('names a port once', () => {
    assert.deepEqual(decodeDnsPreferences(['BITTORRENT UDP:80 TCP:80 UDP:80']), [
      { protocol: 'udp', port: 80 },
      { protocol: 'tcp', port: 80 },
    ]);
  });

  it('is joined with the others, as of a host with one record a port', () => {
    assert.deepEqual(decodeDnsPreferences(['BITTORRENT UDP:80', 'BITTORRENT', 'BITTORRENT UDP:83']), [
      { protocol: 'udp', port: 80 },
      { protocol: 'udp', port: 83 },
    ]);
  });

  it('brings no more than 64 ports', () => {
    const words = Array.from({ length: 1000 }, (_, i) => `UDP:${i + 1}`);
    assert.equal(decodeDnsPreferences([`BITTORRENT ${words.join(' ')}`])?.length, 64);
  });

  it('never throws, and is always one of the three', () => {
    const words = fc.constantFrom('BITTORRENT', 'UDP:', 'TCP:80', 'DENY', ' ', '\0', '9999999');
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((list) => list.join(' ')),
    );
    fc.assert(
      fc.property(fc.array(text), (records) => {
        const ports = decodeDnsPreferences(records);
        if (ports === null || ports === 'none') return;
        assert.ok(ports.length >= 1 && ports.every(({ port }) => port >= 1 && port <= 65535));
      }),
    );
  });
});

describe('a record that is written', () => {
  it('is read back', () => {
    fc.assert(
      fc.property(trackerPorts, (ports) =>
        assert.deepEqual(decodeDnsPreferences([encodeDnsPreferences(ports)]), ports),
      ),
    );
    assert.equal(decodeDnsPreferences([encodeDnsPreferences([])]), 'none');
  });

  it('fits one character string of 255 bytes, or is not written', () => {
    const ports = (count: number): TrackerPort[] =>
      Array.from({ length: count }, (_, i) => ({ protocol: 'udp', port: 10_000 + i }));
    assert.equal(encodeDnsPreferences(ports(24)).length, 250);
    assert.throws(() => encodeDnsPreferences(ports(25)), RangeError);
    fc.assert(fc.property(trackerPorts, (list) => assert.ok(encodeDnsPreferences(list).length <= 255)));
  });

  it('has no ports but real ones', () => {
    for (const port of [0, -1, 65536, 1.5, Number.NaN])
      assert.throws(() => encodeDnsPreferences([{ protocol: 'tcp', port }]), RangeError);
  });
});
