import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOurHost, isSameOrigin } from './host-guard.ts';

const names = ['tracker.example', 'Other.Example'];

for (const host of [
  '192.0.2.1',
  '192.0.2.1:6969',
  '[2001:db8::1]',
  '[::1]:6969',
  '[::ffff:192.0.2.1]:80',
  'localhost',
  'LocalHost:6969',
  'localhost.',
  'a.b.localhost:1',
  'tracker.example',
  'TRACKER.example.:443',
  'other.example:6969',
  'tracker:6969',
  'Tracker-1.',
  '3f2a1b9c0d4e',
]) {
  test(`${host} is a host of ours`, () => {
    assert.equal(isOurHost(host, names), true);
  });
}

for (const host of [
  '',
  ':80',
  'evil.example',
  'tracker.example.evil.example',
  'sub.tracker.example',
  'evil.example:80:80',
  'localhost.evil.example',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '0x7f000001',
  'a b',
  '127.0.0.1.evil.example',
  '[evil.example]',
  '[127.0.0.1]',
  '[::1]evil.example',
  '::1',
  'user@localhost',
  'localhost/evil.example',
  'localhost,evil.example',
  '[fe80::1%25eth0]',
]) {
  test(`${JSON.stringify(host)} is no host of ours`, () => {
    assert.equal(isOurHost(host, names), false);
  });
}

for (const [origin, host] of [
  ['http://localhost:6969', 'localhost:6969'],
  ['http://tracker.example', 'tracker.example'],
  ['https://tracker.example', 'Tracker.example:443'],
  ['http://[::1]:6969', '[::1]:6969'],
] as const) {
  test(`a page of ${origin} may ask ${host}`, () => {
    assert.equal(isSameOrigin(origin, host), true);
  });
}

for (const [origin, host] of [
  ['null', 'localhost'],
  ['', 'localhost'],
  ['http://evil.example', 'localhost'],
  ['http://localhost:3000', 'localhost:6969'],
  ['http://localhost.evil.example', 'localhost'],
  ['file://localhost', 'localhost'],
  ['chrome-extension://localhost', 'localhost'],
  ['http://localhost http://evil.example', 'localhost'],
  ['http://', ''],
] as const) {
  test(`a page of ${JSON.stringify(origin)} may not ask ${host}`, () => {
    assert.equal(isSameOrigin(origin, host), false);
  });
}
