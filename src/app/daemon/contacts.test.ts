import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mayContactTracker, mayDial } from './contacts.ts';

const hosts = [
  '198.51.100.1',
  '2001:db8::1',
  '192.168.1.9',
  'fd00::1',
  '169.254.169.254',
  'fe80::1',
  '127.0.0.1',
  '::1',
];
const allowed = (may: typeof mayDial, privateRanges: readonly string[]): string[] =>
  hosts.filter((host) => may(host, { api: { privateRanges } } as unknown as Parameters<typeof mayDial>[1]));

describe('what a torrent names is contacted', () => {
  test('as a tracker when it is public', () => {
    assert.deepEqual(allowed(mayContactTracker, []), ['198.51.100.1', '2001:db8::1']);
  });

  test('as a peer when it is another machine', () => {
    assert.deepEqual(allowed(mayDial, []), ['198.51.100.1', '2001:db8::1', '192.168.1.9', 'fd00::1']);
  });

  test('as either when the configuration lists it', () => {
    const ranges = ['127.0.0.0/8', '::1/128', '192.168.0.0/16'];
    const rest = ['192.168.1.9', '127.0.0.1', '::1'];
    assert.deepEqual(allowed(mayContactTracker, ranges), ['198.51.100.1', '2001:db8::1', ...rest]);
    assert.equal(
      mayDial('::ffff:127.0.0.1', { api: { privateRanges: ranges } } as unknown as Parameters<typeof mayDial>[1]),
      true,
    );
  });
});
