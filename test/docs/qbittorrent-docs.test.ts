/** docs/qbittorrent-api.md against the endpoints that there are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { endpoints } from '../../src/app/client-api/qbittorrent/endpoints.ts';

const page = readFileSync(new URL('../../docs/qbittorrent-api.md', import.meta.url), 'utf8');

test('docs/qbittorrent-api.md has all endpoints with their scopes, and no others', () => {
  const rows = [...page.matchAll(/^\| ((?:`\w+\/\w+`(?:, )?)+) \|(?: `(\w+)`)? \|/gm)];
  const listed = rows.flatMap(([, paths = '', scope = '']) =>
    [...paths.matchAll(/`([^`]+)`/g)].map(([, path]) => `${path} ${scope}`.trim()),
  );
  const there = [...endpoints].map(([path, { scope }]) => `${path} ${scope}`);
  assert.deepEqual(listed.toSorted(), [...there, 'auth/login', 'auth/logout'].toSorted());
});
