import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withAnyPort } from './any-port.ts';
import { netError } from './errors.ts';

/** Rejects with the codes one after the other, then resolves; `tries` counts. */
function opening(...codes: readonly ('NET_PORT_IN_USE' | 'NET_LISTEN_FAILED')[]) {
  const state = { tries: 0 };
  const open = async (): Promise<string> => {
    const code = codes[state.tries++];
    if (code !== undefined) throw netError(code, 'not here');
    return 'open';
  };
  return { state, open };
}

test('with port 0 another port is tried when the one that was found is in use elsewhere', async () => {
  const { state, open } = opening('NET_PORT_IN_USE', 'NET_PORT_IN_USE');
  assert.equal(await withAnyPort(0, open), 'open');
  assert.equal(state.tries, 3);
});

test('a port that was asked for is tried once', async () => {
  const { state, open } = opening('NET_PORT_IN_USE');
  await assert.rejects(withAnyPort(7000, open), { code: 'NET_PORT_IN_USE' });
  assert.equal(state.tries, 1);
});

test('other errors, and ports that are all in use, are told', async () => {
  await assert.rejects(withAnyPort(0, opening('NET_LISTEN_FAILED').open), { code: 'NET_LISTEN_FAILED' });
  const { state, open } = opening(...Array.from({ length: 50 }, () => 'NET_PORT_IN_USE' as const));
  await assert.rejects(withAnyPort(0, open), { code: 'NET_PORT_IN_USE' });
  assert.equal(state.tries, 10);
});
