/** A completion is told at least once, whenever the program is killed. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type FakeTorrent, smallTorrent, Stage, until } from '../fakes.test.ts';
import type { ManagedTorrent } from '../torrents.ts';

const last = (stage: Stage): FakeTorrent => stage.torrents.at(-1) as FakeTorrent;
const first = (stage: Stage): ManagedTorrent => stage.client.torrents.all()[0] as ManagedTorrent;
const ended = (stage: Stage): string[] => stage.log.lines.filter((line) => line.includes('completion program'));

/** A client with a torrent that downloads, and a program that notes each time it is run. */
async function open(script = ''): Promise<{ stage: Stage; runs: () => Promise<string> }> {
  const stage = await Stage.open();
  const out = join(stage.folder, 'out');
  await writeFile(out, '');
  const program = join(stage.folder, 'program');
  await writeFile(program, `#!/bin/sh\necho "$DST_TORRENT_PATH" >> ${out}\n${script}\n`, { mode: 0o700 });
  await stage.settings.set({ 'torrents.onComplete': program, incomplete: join(stage.folder, 'incomplete') });
  await stage.client.torrents.add({ source: smallTorrent(1).bytes });
  await stage.clock.pass(0);
  return { stage, runs: () => readFile(out, 'utf8') };
}

/** What was on the disk is there. */
const hasAll = (stage: Stage): void => {
  stage.engine.prepare = (torrent) => {
    torrent.isComplete = true;
  };
};

describe('a completion', { skip: process.platform === 'win32' }, () => {
  test('that was noted, but not told when the program was killed, is told by the next run, after the move', async () => {
    const { stage, runs } = await open();
    await using _ = stage;
    stage.engine.moving = new Promise(() => {});
    last(stage).finish();
    await until(() => first(stage).view().state === 'moving');
    stage.kill();
    hasAll(stage);
    await stage.start();
    await until(() => ended(stage).length > 0);
    assert.equal(await runs(), `${join(stage.settings.value.downloads, 'test-1')}\n`);
    assert.equal(stage.eventNames('torrent.completed').length, 1);
    await stage.stop();
    hasAll(stage);
    await stage.start();
    await stage.clock.pass(120_000);
    assert.deepEqual([ended(stage).length, stage.eventNames('torrent.completed')], [1, []]);
  });

  test('is told before a seeding goal takes the data away', async () => {
    const { stage, runs } = await open('until [ -e "$DST_TORRENT_SAVE_PATH.go" ]; do sleep 0.05; done');
    await using _ = stage;
    const { downloads } = stage.settings.value;
    await stage.settings.set({ 'goals.minutes': 0, 'goals.action': 'remove-with-data' });
    last(stage).finish();
    while ((await runs()) === '') await stage.clock.pass(0);
    await stage.clock.pass(120_000);
    assert.equal(stage.client.torrents.size, 1);
    await writeFile(`${downloads}.go`, '');
    await until(() => ended(stage).length > 0);
    await stage.passUntil(() => stage.client.torrents.size === 0);
  });

  test('that came before it was noted is told by the next run', async () => {
    const { stage, runs } = await open();
    await using _ = stage;
    stage.kill();
    hasAll(stage);
    await stage.start();
    await until(() => ended(stage).length > 0);
    assert.equal(await runs(), `${join(stage.settings.value.downloads, 'test-1')}\n`);
  });

  test('is told again when the program of the user did not come to its end, though the torrent rests by now', async () => {
    const { stage, runs } = await open(
      '[ -e "$DST_TORRENT_SAVE_PATH.ran" ] || { touch "$DST_TORRENT_SAVE_PATH.ran"; exec sleep 60; }',
    );
    await using _ = stage;
    last(stage).finish();
    const path = `${join(stage.settings.value.downloads, 'test-1')}\n`;
    while ((await runs()) !== path) await stage.clock.pass(0);
    await first(stage).stop();
    const killed = stage.client;
    stage.kill();
    await stage.start();
    await until(() => ended(stage).length > 0);
    assert.equal(await runs(), path + path);
    assert.equal(first(stage).view().state, 'stopped');
    assert.equal(stage.eventNames('torrent.completed').length, 1);
    await stage.clock.pass(120_000);
    assert.equal(ended(stage).length, 1);
    await killed.close();
  });

  test('is told again when a webhook did not have it, also after an end in order', async () => {
    const { stage } = await open();
    await using _ = stage;
    const secret = 's'.repeat(32);
    // What it leads to may not be asked: each attempt fails.
    await stage.client.webhooks.add({ url: 'http://localhost:9/', events: ['torrent.completed'], secret });
    last(stage).finish();
    await until(() => ended(stage).length > 0);
    await stage.clock.pass(30_000);
    await stage.stop();
    hasAll(stage);
    await stage.start();
    await until(() => stage.eventNames('torrent.completed').length === 1);
    // Given up after ten attempts.
    await stage.passUntil(() => stage.log.lines.some((line) => line.includes('"attempt":10')));
    await stage.stop();
    hasAll(stage);
    await stage.start();
    await stage.clock.pass(120_000);
    assert.deepEqual(stage.eventNames('torrent.completed'), []);
  });

  test('of another download is told although the one before is still being told', async () => {
    const { stage } = await open('[ -e "$0.first" ] || { touch "$0.first"; exec sleep 60; }');
    await using _ = stage;
    last(stage).finish();
    while (!existsSync(join(stage.folder, 'program.first'))) await stage.clock.pass(0);
    last(stage).become({ kind: 'downloading' });
    await stage.clock.pass(0);
    last(stage).finish();
    await until(() => ended(stage).length > 0);
    assert.equal(stage.eventNames('torrent.completed').length, 2);
    await stage.stop();
    hasAll(stage);
    await stage.start();
    await stage.clock.pass(120_000);
    assert.deepEqual(stage.eventNames('torrent.completed'), []);
  });
});
