import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD } from '../../../../test/support/memory-access.ts';
import type { Answer } from '../fakes.test.ts';
import { Stage } from './stage.test.ts';

test('an admin has one API key, until another one or none is wanted', async () => {
  const stage = await Stage.open();
  const basic = { authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}` };
  const asAda = (path: string): Promise<Answer> => stage.post(path, {}, { token: null, headers: basic });
  const keyOf = async (): Promise<string> => (await asAda('app/rotateAPIKey')).json.apiKey as string;
  const works = async (token: string): Promise<boolean> =>
    (await stage.get('torrents/info', {}, { token })).status === 200;
  const first = await keyOf();
  assert.equal(await works(first), true);
  const second = await keyOf();
  assert.deepEqual([await works(first), await works(second)], [false, true]);
  assert.equal((await asAda('app/deleteAPIKey')).status, 200);
  assert.equal(await works(second), false);
  assert.equal(await works(stage.api.token), true);
});
