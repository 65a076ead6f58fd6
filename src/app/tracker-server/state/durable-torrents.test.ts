import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { announceTo, countsOf, hashOf } from '../../../tracker/fakes.test.ts';
import { Knowing } from './fakes.test.ts';

describe('finished downloads', () => {
  test('are told after they are stored, and count as not stored until then', async () => {
    await using stage = await Knowing.create();
    const { torrents } = stage.repository;
    announceTo(stage.table, { event: 'started' });
    announceTo(stage.table, { role: 'seeding', event: 'completed' });
    assert.equal(stage.torrents.countUnstored(), 1);
    const stored = Promise.withResolvers<void>();
    const addCompleted = torrents.addCompleted.bind(torrents);
    torrents.addCompleted = async (counts) => {
      await stored.promise;
      await addCompleted(counts);
    };
    const flushed = stage.torrents.flush();
    await new Promise(setImmediate);
    announceTo(stage.table, { port: 7000, event: 'started' });
    announceTo(stage.table, { port: 7000, role: 'seeding', event: 'completed' });
    assert.equal(stage.torrents.countUnstored(), 2);
    assert.equal(countsOf(stage.table).completed, 0);
    stored.resolve();
    await flushed;
    assert.equal(stage.torrents.countUnstored(), 1);
    assert.equal(countsOf(stage.table).completed, 1);
    await stage.torrents.flush();
    assert.equal((await torrents.find(hashOf(0)))?.completed, 2);
    assert.equal(countsOf(stage.table).completed, 2);
  });
});
