import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseCount,
  parseExpiry,
  parseGoal,
  parseNode,
  parseNumber,
  parsePeer,
  parsePort,
  parsePositive,
  parsePriorities,
  parseRate,
  parseSelection,
  parseSize,
  parseTier,
  parseWebSeed,
} from './arguments.ts';

const refuses = (parse: (text: string) => unknown, texts: readonly string[]): void => {
  for (const text of texts) assert.throws(() => parse(text), { code: 'USAGE_VALUE' }, text);
};

test('sizes take binary suffixes, and decimal ones with a B', () => {
  const cases: [string, number][] = [
    ['16384', 16384],
    ['16K', 16384],
    ['16k', 16384],
    ['2MiB', 2 * 1024 ** 2],
    ['1.5M', 1.5 * 1024 ** 2],
    ['500kB', 500_000],
    ['1 GB', 1e9],
    ['7B', 7],
    ['1T', 1024 ** 4],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
  refuses(parseSize, ['', 'K', '-1', '1e6', '16 Ki', '5iB', '1,5M', '9'.repeat(20), '0x10']);
});

test('rates may say per second, and 0 or none means no limit', () => {
  assert.deepEqual(['500K', '500K/s', '1MB/s', '0', 'none'].map(parseRate), [512_000, 512_000, 1e6, 0, 0]);
  refuses(parseRate, ['fast', '/s', '-5']);
});

test('counts, numbers and ports have their ranges', () => {
  assert.equal(parseCount('0'), 0);
  assert.equal(parsePositive('8'), 8);
  assert.equal(parseNumber('1.5'), 1.5);
  assert.equal(parsePort('65535'), 65535);
  refuses(parseCount, ['', 'x', '1.5', '-1', '9'.repeat(17)]);
  refuses(parsePositive, ['0']);
  refuses(parseNumber, ['', 'NaN', '-1', '1e3', '.5']);
  refuses(parsePort, ['65536', 'http']);
});

test('peers are IP addresses with a port', () => {
  assert.deepEqual(parsePeer('127.0.0.1:6881'), { host: '127.0.0.1', port: 6881 });
  assert.deepEqual(parsePeer('[2001:db8::1]:1'), { host: '2001:db8::1', port: 1 });
  refuses(parsePeer, ['localhost:6881', '127.0.0.1', '127.0.0.1:0', '2001:db8::1:6881', '1.2.3.4:99999']);
});

test('nodes are names or addresses with a port', () => {
  assert.deepEqual(parseNode('router.example.org:6881'), ['router.example.org', 6881]);
  assert.deepEqual(parseNode('[::1]:80'), ['::1', 80]);
  refuses(parseNode, ['router', ':1', 'a b:1', 'x:0', 'x:70000']);
});

test('a selection is sorted, without doubles, and bounded', () => {
  assert.deepEqual(parseSelection('5-7,0,6'), [0, 5, 6, 7]);
  refuses(parseSelection, ['', '1,', '3-1', 'a', '0-4294967295', '1-2-3', '-1']);
});

test('a tier is one or several tracker URLs', () => {
  assert.deepEqual(parseTier('http://a/announce, udp://b:80'), ['http://a/announce', 'udp://b:80']);
  refuses(parseTier, ['', 'a', 'http://a,,http://b', 'ftp://a', 'javascript:alert(1)']);
});

test('web seeds are HTTP or FTP', () => {
  assert.equal(parseWebSeed('https://example.org/files/'), 'https://example.org/files/');
  refuses(parseWebSeed, ['udp://a', 'file:///etc/passwd', 'x']);
});

test('priorities of files have a level in words or figures', () => {
  assert.deepEqual(parsePriorities('0,2-4=high'), { files: [0, 2, 3, 4], priority: 7 });
  assert.deepEqual(parsePriorities('all=skip'), { files: null, priority: 0 });
  assert.deepEqual(parsePriorities('1=5'), { files: [1], priority: 5 });
  refuses(parsePriorities, ['', '1', '=high', '1=', '1=8', '1=fast', 'x=low']);
});

test('a goal is a number, none or that of the client', () => {
  assert.deepEqual(['1.5', 'none', 'Default'].map(parseGoal), [1.5, 'none', 'default']);
  refuses(parseGoal, ['', '-1', 'much']);
  assert.throws(() => parseGoal('-1'), /none or default/);
});

test('the end of something is a day to come, or so many days from now', () => {
  assert.equal(parseExpiry('90d', 1000), 1000 + 90 * 86_400);
  assert.equal(parseExpiry('2030-01-31', 1000), Date.UTC(2030, 0, 31) / 1000);
  refuses((text) => parseExpiry(text, 2_000_000_000), ['', '0', '2030-13-01', '2001-01-01', '0d0', '31.1.2040']);
});
