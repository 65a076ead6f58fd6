import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Database, openDatabase } from '../../../db/index.ts';
import { FakeEngine, FakeLog } from '../fakes.test.ts';
import { PeerFilter } from './peer-filter.ts';

describe('the filter of peers', () => {
  let [folder, database]: [string, Database] = ['', undefined as unknown as Database];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dst-filter-'));
    database = await openDatabase(':memory:');
  });
  after(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  const open = async (path: () => string | null, log = new FakeLog()): Promise<[PeerFilter, FakeEngine]> => {
    const engine = new FakeEngine();
    const filter = new PeerFilter({ engine, repository: database.client.bans, path, logger: log });
    await filter.open();
    return [filter, engine];
  };

  test('keeps bans over restarts, each address in one form', async () => {
    const [filter, engine] = await open(() => null);
    await filter.ban(['2001:DB8:0::1', '192.0.2.1']);
    await assert.rejects(filter.ban(['192.0.2.2', 'example.org']), { code: 'CLIENT_BAD_SETTING' });
    assert.equal(engine.filter.has('2001:db8::1'), true);
    assert.equal(engine.filter.has('192.0.2.2'), false);
    const [again] = await open(() => null);
    assert.deepEqual(again.banned, ['192.0.2.1', '2001:db8::1']);
    await again.unban(['192.0.2.1']);
    const [last] = await open(() => null);
    assert.deepEqual(last.banned, ['2001:db8::1']);
    assert.equal(last.has('no address'), false);
  });

  test('reads the list, plain or gzip, and again when it changes', async () => {
    const path = join(folder, 'list');
    await writeFile(path, 'first:198.51.100.0-198.51.100.255\n');
    const [filter, engine] = await open(() => path);
    assert.equal(engine.filter.has('198.51.100.77'), true);
    assert.equal(engine.filter.has('203.0.113.1'), false);
    await writeFile(path, gzipSync('203.0.113.0/24\n'));
    await utimes(path, 1, 1);
    await filter.look();
    assert.deepEqual([filter.has('198.51.100.77'), filter.has('203.0.113.1')], [false, true]);
    assert.equal(await filter.refresh(), 1);
  });

  test('goes on with what it had when the list cannot be read, and says so', async () => {
    const path = join(folder, 'other');
    await writeFile(path, '203.0.113.0/24\n');
    const [filter] = await open(() => path);
    await rm(path);
    await filter.look();
    assert.match(filter.problem ?? '', /ENOENT/);
    assert.equal(filter.has('203.0.113.1'), true);
    await assert.rejects(filter.refresh(), { code: 'CLIENT_BLOCKLIST' });
    for (const text of ['<html>\n<p>not found\n', gzipSync('203.0.113.0/24\n').subarray(0, 20)]) {
      await writeFile(path, text);
      await assert.rejects(filter.refresh(), { code: 'CLIENT_BLOCKLIST' });
    }
    await writeFile(path, '');
    assert.equal(await filter.refresh(), 0);
    assert.equal(filter.problem, null);
  });

  test('notices a list that was put in place with the size and the time of the old one', async () => {
    const path = join(folder, 'synced');
    await writeFile(path, '203.0.113.0/24\n');
    await utimes(path, 1, 1);
    const [filter] = await open(() => path);
    await writeFile(path, '192.0.2.128/25\n');
    await utimes(path, 1, 1);
    await filter.look();
    assert.deepEqual([filter.has('203.0.113.1'), filter.has('192.0.2.200')], [false, true]);
  });

  test('says what to do with an archive', async () => {
    const path = join(folder, 'list.zip');
    await writeFile(path, Buffer.from('504b0304140000000800', 'hex'));
    const [filter] = await open(() => path);
    assert.match(filter.problem ?? '', /it is a ZIP archive: unpack it$/);
  });

  const large = gzipSync(
    Array.from({ length: 200_000 }, (_, i) => {
      const start = 2 ** 24 + i * 16;
      const host = (of: number): string => [24, 16, 8, 0].map((shift) => Math.floor(of / 2 ** shift) & 255).join('.');
      return `name ${i}:${host(start)}-${host(start + 7)}`;
    }).join('\n'),
  );

  test('looks up among 200,000 ranges, and leaves others their turns while it reads them', async () => {
    const path = join(folder, 'large');
    await writeFile(path, large);
    const [filter] = await open(() => path);
    const read = filter.refresh();
    let turns = 0;
    while ((await Promise.race([read, setImmediate('another turn')])) === 'another turn') turns++;
    assert.equal(await read, 200_000);
    assert.ok(turns >= 100, `${turns} turns`);
    assert.deepEqual(
      ['1.0.0.7', '1.0.0.8', '1.48.211.247'].map((host) => filter.has(host)),
      [true, false, true],
    );
  });

  test('has the list that was named last, though another is still being read', async () => {
    const [long, short] = [join(folder, 'long'), join(folder, 'short')];
    await writeFile(long, large);
    await writeFile(short, '203.0.113.0/24\n');
    let path: string | null = null;
    const [filter] = await open(() => path);
    path = long;
    const first = filter.refresh();
    await setImmediate();
    path = short;
    await Promise.all([first, filter.refresh()]);
    assert.deepEqual([filter.has('1.0.0.7'), filter.has('203.0.113.1')], [false, true]);
  });
});
