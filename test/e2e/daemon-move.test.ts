/** A torrent on its way to another disk, as all APIs of a real daemon tell it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { createTorrent } from '../../src/app/torrent-creation/index.ts';
import { onTmpfs } from '../storage/file-fixture.ts';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess, type TorrentJson } from './daemon-process.ts';

const MIB = 1024 * 1024;
/** Copied in several steps, bytes. */
const SIZE = 160 * MIB;

/** Asks one of the other APIs over the socket. */
async function ask<T>({ listening }: DaemonProcess, path: string, body?: object): Promise<T> {
  const post = async (session: string): Promise<IncomingMessage> => {
    const headers = { host: 'localhost', 'x-transmission-session-id': session, 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request({ socketPath: listening.socket, path, method, headers, agent: false });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return answer;
  };
  let answer = await post('');
  if (answer.statusCode === 409) answer = await post(answer.resume().headers['x-transmission-session-id'] as string);
  return (await json(answer)) as T;
}

interface Seen {
  readonly state: string;
  /** When all had answered. */
  readonly stateAfter: string;
  readonly moved: number;
  readonly transmission: number | undefined;
  readonly qbittorrent: string | undefined;
  readonly why: string | undefined;
}

async function look(daemon: DaemonProcess, hash: string): Promise<Seen> {
  const fields = { method: 'torrent-get', arguments: { fields: ['status'] } };
  const show = (): Promise<TorrentJson> => daemon.api<TorrentJson>(`/torrents/${hash}`);
  const rest = await show();
  const [rpc, qbittorrent, why] = await Promise.all([
    ask<{ arguments: { torrents: { status: number }[] } }>(daemon, '/transmission/rpc', fields),
    ask<{ state: string }[]>(daemon, '/api/v2/torrents/info'),
    daemon.api<{ findings: { code: string }[] }>(`/torrents/${hash}/why`),
  ]);
  return {
    state: rest.state,
    stateAfter: (await show()).state,
    moved: rest.moved as number,
    transmission: rpc.arguments.torrents[0]?.status,
    qbittorrent: qbittorrent[0]?.state,
    why: why.findings[0]?.code,
  };
}

test('a move to another file system is told with its progress by all APIs', async (context) => {
  await onTmpfs(context, '176m', async (drive) => {
    await using scratch = await scratchFolder();
    const home = join(scratch.path, 'downloads');
    await mkdir(home);
    await writeFile(join(home, 'big'), randomBytes(SIZE));
    const { bytes } = await createTorrent(join(home, 'big'));
    const env = { DST_API_ROOTS: `${home},${drive.path}` };
    await using daemon = await DaemonProcess.start(scratch.path, { env });
    const added = { method: 'POST', bytes: { type: 'application/x-bittorrent', data: bytes } } as const;
    const { hash } = (await daemon.api<{ torrent: TorrentJson }>('/torrents', added)).torrent;
    assert.equal((await daemon.untilState(hash, 'seeding')).moved, 1);

    const seen: Seen[] = [];
    const isUnderWay = ({ state, stateAfter, moved }: Seen): boolean =>
      state === 'moving' && stateAfter === 'moving' && moved > 0 && moved < 1;
    // It is fast: when nobody has looked in time, it goes back and comes again.
    for (let place = drive.path; !seen.some(isUnderWay); place = place === home ? drive.path : home) {
      await daemon.api(`/torrents/${hash}/actions/move`, { method: 'POST', body: { savePath: place } });
      for (let now = await look(daemon, hash); ; now = await look(daemon, hash)) {
        seen.push(now);
        if (now.state === 'seeding') break;
      }
      assert.equal((await stat(join(place, 'big'))).size, SIZE);
      assert.equal(existsSync(join(place === home ? drive.path : home, 'big')), false);
    }
    const way = seen.find(isUnderWay) as Seen;
    // Of Transmission as one that downloads: whoever imports what is complete must wait.
    assert.deepEqual([way.transmission, way.qbittorrent, way.why], [4, 'moving', 'moving']);
    const { moved, state } = seen.at(-1) as Seen;
    assert.deepEqual([moved, state], [1, 'seeding']);
    for (const [i, { state: now, moved: share }] of seen.entries()) {
      if (i > 0 && now === 'moving' && seen[i - 1]?.state === 'moving') assert.ok(share >= (seen[i - 1] as Seen).moved);
    }
  });
});

test('what is said to be elsewhere and is not there is downloaded, and nothing else is claimed meanwhile', async () => {
  await using scratch = await scratchFolder();
  const home = join(scratch.path, 'downloads');
  const empty = join(scratch.path, 'empty');
  await Promise.all([mkdir(home), mkdir(empty)]);
  await writeFile(join(home, 'file'), randomBytes(MIB));
  const { bytes } = await createTorrent(join(home, 'file'));
  await using daemon = await DaemonProcess.start(scratch.path, { env: { DST_API_ROOTS: `${home},${empty}` } });
  const added = { method: 'POST', bytes: { type: 'application/x-bittorrent', data: bytes } } as const;
  const { hash } = (await daemon.api<{ torrent: TorrentJson }>('/torrents', added)).torrent;
  await daemon.untilState(hash, 'seeding');
  const move = async (savePath: string): Promise<TorrentJson> => {
    await daemon.api(`/torrents/${hash}/actions/move`, { method: 'POST', body: { savePath, movesData: false } });
    const show = (): Promise<TorrentJson> => daemon.api<TorrentJson>(`/torrents/${hash}`);
    return await daemon.until('known', show, ({ state }) => ['seeding', 'downloading', 'stalled'].includes(state));
  };
  const { state, done, completedAt } = await move(empty);
  assert.notEqual(state, 'seeding');
  assert.deepEqual([done, completedAt], [0, null]);
  assert.equal((await stat(join(home, 'file'))).size, MIB);
  const back = await move(home);
  assert.deepEqual([back.state, back.done], ['seeding', MIB]);
});
