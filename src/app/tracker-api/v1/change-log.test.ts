/** What an operator reads in the log of a change over the API, through the real log. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { buildTorrent, content } from '../../../../test/conformance/build-torrent.ts';
import { createLog, type Log } from '../../observability/index.ts';
import { type Answer, ApiClient } from '../fakes.test.ts';

const clock = { wall: () => 1_800_000_000 };

/** A stream that keeps what is written to it. */
class Sink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  /** Of each line method and path below `/api/v1/tracker`, and what it says was changed. */
  get changes(): [route: string, changed: object][] {
    const lines = this.text.split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const { level, time: _time, msg, caller, method, path, ...changed } = JSON.parse(line) as Record<string, string>;
      assert.deepEqual([level, msg, caller], ['info', 'api change', 'test']);
      return [`${method} ${path?.replace(/^\/api\/v1\/tracker/, '')}`, changed];
    });
  }
}

async function open(): Promise<{ client: ApiClient; log: Log; sink: Sink }> {
  const sink = new Sink();
  const log = createLog({ level: 'info', destination: sink, showsAddresses: false });
  return { client: await ApiClient.create({ clock, logger: log }), log, sink };
}

describe('the log of the API', () => {
  test('has a line for each change: by which token, of what, and no secret', async () => {
    const { client, log, sink } = await open();
    const [one, two] = ['ab'.repeat(20), 'cd'.repeat(20)];
    const change = async (method: string, path: string, body?: object): Promise<Answer['json']> => {
      const { status, json } = await client.ask(method, path, { body });
      assert.ok(status < 300, `${method} ${path}: ${status}`);
      return json;
    };
    await change('POST', '/accounts', { name: 'Ada' });
    await change('PATCH', '/accounts/1', { isEnabled: false });
    const { id: passkeyId, passkey } = await change('POST', '/accounts/1/passkeys', { label: 'home' });
    await change('DELETE', `/passkeys/${passkeyId}`);
    await change('DELETE', '/accounts/1');
    const made = await change('POST', '/tokens', { name: 'bot', scopes: ['bans:read'], expiresAt: 1_900_000_000 });
    await change('DELETE', `/tokens/${made.id}`);
    await change('PUT', `/torrents/${one}`, { isDenied: true, aliasOf: two });
    await change('PATCH', '/torrents', {
      changes: [
        { infoHash: one, aliasOf: null },
        { infoHash: two, name: 'Two' },
      ],
    });
    await change('DELETE', `/torrents/${one}`);
    await change('PUT', '/bans', { bans: [{ prefix: '192.0.2.77' }, { prefix: '2001:DB8::/32', reason: 'floods' }] });
    await change('DELETE', '/bans?prefix=2001:db8::/32');
    await log.flush();
    const account = { accountId: 1, name: 'Ada' };
    const ofPasskey = { passkeyId, accountId: 1, label: 'home' };
    const floods = { prefix: '2001:db8::/32', length: 32 };
    assert.deepEqual(sink.changes, [
      ['POST /accounts', { ...account, isEnabled: true, maxPeers: null, expiresAt: null }],
      ['PATCH /accounts/:id', { ...account, isEnabled: false }],
      ['POST /accounts/:id/passkeys', ofPasskey],
      ['DELETE /passkeys/:id', ofPasskey],
      ['DELETE /accounts/:id', account],
      ['POST /tokens', { tokenId: made.id, name: 'bot', scopes: ['bans:read'], expiresAt: 1_900_000_000 }],
      ['DELETE /tokens/:id', { tokenId: made.id, name: 'bot' }],
      ['PUT /torrents/:infoHash', { infoHash: one, isDenied: true, aliasOf: two }],
      [
        'PATCH /torrents',
        {
          torrents: [
            { infoHash: one, aliasOf: null },
            { infoHash: two, name: 'Two' },
          ],
        },
      ],
      ['DELETE /torrents/:infoHash', { infoHash: one }],
      [
        'PUT /bans',
        {
          bans: [
            // The log has only networks of addresses; the length tells that it was one address.
            { prefix: '192.0.2.0/24', length: 32, reason: '', expiresAt: null },
            { ...floods, reason: 'floods', expiresAt: null },
          ],
        },
      ],
      ['DELETE /bans', floods],
    ]);
    for (const secret of [passkey, made.token, client.token]) assert.ok(!sink.text.includes(secret));
  });

  test('has the info hashes and the name of a torrent file', async () => {
    const { client, log, sink } = await open();
    const { bytes } = buildTorrent([{ path: 'a', content: content(50_000, 1) }], { format: 'hybrid', name: 'sample' });
    const headers = { 'content-type': 'application/x-bittorrent' };
    const { status, json } = await client.ask('POST', '/torrents', { body: bytes, headers });
    await log.flush();
    assert.deepEqual([status, json.name], [200, 'sample']);
    assert.deepEqual(sink.changes, [['POST /torrents', json]]);
  });
});
