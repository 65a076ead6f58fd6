import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stage } from './stage.test.ts';

test('what this client has not is empty for who looks, and refused to who wants it', async () => {
  const stage = await Stage.open();
  for (const path of ['rss/rules', 'rss/items', 'rss/matchingArticles', 'clientdata/load']) {
    assert.deepEqual(await stage.read(path), {}, path);
  }
  for (const path of ['search/plugins', 'search/status', 'app/cookies']) assert.deepEqual(await stage.read(path), []);
  await stage.does('rss/removeRule', { ruleName: 'x' });
  await stage.does('app/setCookies', { cookies: '[]' });
  for (const path of ['rss/addFeed', 'rss/setRule', 'rss/cloneRule', 'search/start', 'clientdata/store']) {
    await stage.refuses(path, {}, 409);
  }
  await stage.refuses('app/setCookies', { cookies: '[{"name":"a"}]' }, 409);
});
