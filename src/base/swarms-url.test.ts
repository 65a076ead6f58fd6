import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSwarmsUrl } from './swarms-url.ts';

test('addresses of Redis servers are taken apart', () => {
  const plain = { path: null, username: null, password: null, database: 0 };
  const cases: Record<string, object> = {
    'redis://cache.example.org': plain,
    'rediss://user:p%40ss@10.0.0.1:6380/2': { ...plain, username: 'user', password: 'p@ss', database: 2 },
    'redis://[2001:db8::1]:6379': plain,
    'redis+unix:///run/redis/redis.sock': { ...plain, path: '/run/redis/redis.sock' },
    'unix:///a%20b.sock?db=3': { ...plain, path: '/a b.sock', database: 3 },
    'redis+unix://:secret@localhost/r.sock': { ...plain, path: '/r.sock', password: 'secret' },
  };
  for (const [url, expected] of Object.entries(cases)) assert.deepEqual(parseSwarmsUrl(url), { url, ...expected }, url);
});

test('other addresses are refused', () => {
  const network = ['', 'cache', 'http://cache', 'redis://', 'redis://h/name', 'redis://h ', 'redis://:%zz@h'];
  const unix = ['redis+unix://', 'unix://host/path', 'unix:///a%zz'];
  for (const url of [...network, ...unix]) assert.equal(parseSwarmsUrl(url), null, url);
});
