/** Whom a daemon contacts because a magnet link or its user says so. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createListener } from 'node:net';
import { test } from 'node:test';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess } from './daemon-process.ts';

const HASH = 'ab'.repeat(20);

interface Tracker {
  readonly state: string;
  readonly message: string | null;
}

for (const [ranges, isAsked] of [
  ['10.0.0.0/8', false],
  ['127.0.0.0/8', true],
] as const) {
  test(`a tracker and a peer on this machine are contacted: ${isAsked}, with ${ranges} allowed`, async (t) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://x').pathname);
      response.end('d8:intervali60e5:peers0:e');
    });
    // A peer is anything that listens: its first bytes are no HTTP.
    server.on('clientError', (_error, socket) => {
      asked.push('peer');
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    t.after(() => server.close().closeAllConnections());
    await once(server, 'listening');
    const here = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using scratch = await scratchFolder();
    await using daemon = await DaemonProcess.start(scratch.path, { env: { DST_API_PRIVATE_RANGES: ranges } });
    const tracker = encodeURIComponent(`http://${here}/announce`);
    await daemon.api('/torrents', {
      method: 'POST',
      body: { magnet: `magnet:?xt=urn:btih:${HASH}&tr=${tracker}&x.pe=${here}` },
    });
    const [found] = await daemon.until(
      'the tracker is asked',
      async () => (await daemon.api<{ items: readonly Tracker[] }>(`/torrents/${HASH}/trackers`)).items,
      ([first]) => first?.state === 'ok' || first?.state === 'failed',
    );
    if (isAsked) {
      await daemon.until(
        'both are contacted',
        () => Promise.resolve(asked),
        (all) => new Set(all).size === 2,
      );
    } else assert.match(found?.message ?? '', /may not contact/);
    assert.deepEqual([...new Set(asked)].toSorted(), isAsked ? ['/announce', 'peer'] : []);
  });
}

test('a peer on this machine that is given by hand is refused, unless it is allowed: then it is dialled also after a kill', async (t) => {
  let dials = 0;
  const listener = createListener((socket) => {
    dials++;
    socket.destroy();
  });
  listener.listen(0, '127.0.0.1');
  t.after(() => listener.close());
  await once(listener, 'listening');
  const here = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const given = { method: 'POST', body: { peers: [here] } } as const;
  await using scratch = await scratchFolder();
  {
    await using daemon = await DaemonProcess.start(scratch.path, { env: { DST_API_PRIVATE_RANGES: '10.0.0.0/8' } });
    await daemon.api('/torrents', { method: 'POST', body: { magnet: HASH } });
    await assert.rejects(daemon.api(`/torrents/${HASH}/peers`, given), {
      code: 'CLIENT_PEER_REFUSED',
      message: /api\.privateRanges/,
    });
    await daemon.stop();
  }
  {
    await using daemon = await DaemonProcess.start(scratch.path);
    await daemon.api(`/torrents/${HASH}/actions/stop`, { method: 'POST' });
    assert.deepEqual(await daemon.api(`/torrents/${HASH}/peers`, given), { added: [here], refused: [] });
    await daemon.kill();
  }
  assert.equal(dials, 0);
  await using daemon = await DaemonProcess.start(scratch.path);
  await daemon.api(`/torrents/${HASH}/actions/start`, { method: 'POST' });
  await daemon.until(
    'the peer is dialled',
    () => Promise.resolve(dials),
    (count) => count > 0,
  );
});
