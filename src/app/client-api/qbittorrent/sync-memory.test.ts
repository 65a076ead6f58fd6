import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../base/random.ts';
import { SyncMemory, type Told } from './sync-memory.ts';

const told = (tags: readonly string[], savePath = ''): Told => ({
  revision: 1,
  server: {},
  categories: [{ name: 'films', savePath }],
  tags,
});

test('answers that tell of the same lists share them', () => {
  const memory = new SyncMemory(seededRandom(1));
  const found = [told(['a']), told(['a']), told(['a'], '/films'), told(['b'], '/films')].map((one) =>
    memory.find(memory.keep(one, 0)),
  );
  const [first, second, third, fourth] = found;
  assert.equal(second?.tags, first?.tags);
  assert.equal(second?.categories, first?.categories);
  assert.deepEqual([third?.categories, third?.tags], [[{ name: 'films', savePath: '/films' }], ['a']]);
  assert.equal(fourth?.categories, third?.categories);
  assert.deepEqual(fourth?.tags, ['b']);
});
