/** curl reads files that are still downloading, playlists and events: HTTP as it is outside of browsers. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type ServerEvent, readEvents } from '../../src/cli/daemon/server-events.ts';
import { DownloadStage } from './download-stage.ts';
import { ensurePrograms } from './setup.ts';

const missing = ensurePrograms(['curl']);
const run = promisify(execFile);
const SIZE = 20_000_000;
const PIECE = 64 * 1024;

/** What it prints; a status from 400 on is an error. */
async function curl(...args: readonly string[]): Promise<Buffer> {
  const options = { encoding: 'buffer', maxBuffer: 2 * SIZE } as const;
  const { stdout } = await run('curl', ['--silent', '--show-error', '--fail', ...args], options);
  return stdout;
}

/** The status of an answer that is to be none. */
async function statusOf(...args: readonly string[]): Promise<number> {
  const { stdout } = await run('curl', ['--silent', '-o', '/dev/null', '-w', '%{http_code}', ...args]);
  return Number(stdout);
}

/** Events from when it is called on, until one is as wanted. */
async function eventsUntil(
  isLast: (event: ServerEvent) => boolean,
  ...args: readonly string[]
): Promise<ServerEvent[]> {
  const child = spawn('curl', ['--silent', '--no-buffer', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const events: ServerEvent[] = [];
  try {
    for await (const event of readEvents(child.stdout)) {
      if (event.name !== 'message') events.push(event);
      if (isLast(event)) return events;
    }
    return assert.fail(`the events have ended: ${JSON.stringify(events)}`);
  } finally {
    child.kill();
  }
}

test('curl reads what is still downloading', { skip: missing ?? false, timeout: 480_000 }, async (t) => {
  await using stage = await DownloadStage.open('film.mkv', (file) => writeFile(file, randomBytes(SIZE)));
  const { daemon, hash, verified } = stage;
  const data = await readFile(stage.original);
  const api = `${daemon.url}/api/v1`;
  const auth = ['--header', `Authorization: Bearer ${await stage.token()}`];
  const content = `${api}/torrents/${hash}/files/0/content`;

  await t.test('nothing is told to who shows nothing', async () => {
    for (const path of [content, `${api}/playlist.m3u8`, `${api}/events`]) assert.equal(await statusOf(path), 401);
  });

  await t.test('ranges come before the rest', async () => {
    await stage.introduce(0.5);
    const middle = await curl(...auth, '--range', '15000000-15099999', content);
    assert.ok(middle.equals(data.subarray(15_000_000, 15_100_000)));
    assert.ok((await curl(...auth, '--range', '-1000', content)).equals(data.subarray(-1000)));
    const several = (await curl(...auth, '--range', '0-9,7000000-7000009', content)).toString('latin1');
    for (const from of [0, 7_000_000]) {
      assert.ok(several.includes(`bytes ${from}-${from + 9}/${SIZE}\r\n\r\n`));
      assert.ok(several.includes(data.toString('latin1', from, from + 10)));
    }
    assert.ok((await stage.share()) < 0.7, verified.join(' '));
  });

  await t.test('a playlist has links that need nothing else, and lead nowhere else', async () => {
    const playlist = (await curl(...auth, `${api}/playlist.m3u8`)).toString();
    const [, link = ''] = /^#EXTM3U\n#EXTINF:-1,film\.mkv\n(http:\S+)\n$/.exec(playlist) ?? [];
    assert.ok((await curl('--range', '100-199', link)).equals(data.subarray(100, 200)));
    const { search } = new URL(link);
    for (const other of [`${api}/torrents/${hash}/files/1/content`, `${api}/torrents/${hash}`, `${api}/events`]) {
      assert.equal(await statusOf(other + search), 401, other);
    }
    assert.equal(await statusOf(link.replace(/ticket=(\d+)/, (_, end) => `ticket=${Number(end) + 1}`)), 401);
  });

  await t.test('events come as they happen, and who was away misses nothing', async () => {
    const url = `${api}/events?names=piece.verified,torrent.completed`;
    const first = await eventsUntil(() => true, ...auth, url);
    stage.hurry();
    const isLast = ({ name }: ServerEvent): boolean => name === 'torrent.completed';
    const rest = await eventsUntil(isLast, ...auth, '--header', `Last-Event-ID: ${first.at(-1)?.id}`, url);
    const events = [...first, ...rest];
    const ids = events.map(({ id }) => Number(id));
    assert.deepEqual(
      ids,
      [...new Set(ids)].toSorted((a, b) => a - b),
    );
    const pieces = events.flatMap((one) => (isLast(one) ? [] : (JSON.parse(one.data) as { piece: number }).piece));
    assert.equal(new Set(pieces).size, pieces.length);
    const all = await eventsUntil(isLast, ...auth, `${url}&after=0`);
    const ofAll = all.slice(0, -1).map((one) => (JSON.parse(one.data) as { piece: number }).piece);
    assert.deepEqual(
      ofAll.toSorted((a, b) => a - b),
      Array.from({ length: Math.ceil(SIZE / PIECE) }, (_, i) => i),
    );
    assert.deepEqual(all.slice(-events.length), events);
  });

  await t.test('the whole, and what is left of it', async () => {
    assert.ok((await curl(...auth, content)).equals(data));
    const part = join(daemon.folder, 'part');
    await writeFile(part, data.subarray(0, 1_000_000));
    await curl(...auth, '--continue-at', '-', '--output', part, content);
    assert.ok((await readFile(part)).equals(data));
    const head = (await curl(...auth, '--head', content)).toString();
    assert.match(head, new RegExp(`content-length: ${SIZE}\r\n`));
  });
});
