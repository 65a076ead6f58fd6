import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../access/index.ts';
import { CallerShares } from './caller-shares.ts';

const caller = (name: string, user: string | null = null): Caller => ({
  kind: 'token',
  name,
  user,
  scope: 'read',
  csrf: null,
  isValid: () => true,
});

test('a caller has a share of the places, and all together have all of them', () => {
  const shares = new CallerShares(3, 2);
  const isRefused = { code: 'API_BUSY' };
  const first = shares.take(caller('one', 'ada'), 'readers');
  shares.take(caller('two', 'ada'), 'readers');
  assert.throws(() => shares.take(caller('three', 'ada'), 'readers'), isRefused);
  shares.take(caller('one'), 'readers');
  assert.throws(() => shares.take(caller('four'), 'readers'), isRefused);
  first[Symbol.dispose]();
  shares.take(caller('three', 'ada'), 'readers');
});
