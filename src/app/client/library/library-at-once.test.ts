/** What is done to one torrent at the same time, and what a database that is away for a while leaves behind. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { smallTorrent, Stage, until } from '../fakes.test.ts';

describe('a torrent that is removed', () => {
  test('while it is being added leaves nothing in the engine', async () => {
    await using stage = await Stage.open();
    const adding = Promise.withResolvers<void>();
    stage.engine.adding = adding.promise;
    const added = stage.client.torrents.add({ source: smallTorrent(1).bytes });
    await until(() => stage.client.torrents.size === 1);
    const removed = stage.client.torrents.remove(stage.client.torrents.all(), { deleteData: true });
    await stage.clock.pass(0);
    adding.resolve();
    await added;
    await removed;
    assert.deepEqual([stage.torrents, await readdir(stage.kept)], [[], []]);
  });
});
