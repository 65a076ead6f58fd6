import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeLog, ManualClock, smallTorrent, Stage, until } from '../fakes.test.ts';
import type { TorrentView } from '../torrent-view.ts';
import { CompletionProgram } from './completion-program.ts';

describe('the completion program', { skip: process.platform === 'win32' }, () => {
  let folder = '';
  let view!: TorrentView;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dst-program-'));
    await using stage = await Stage.open();
    const settings = { category: 'films', labels: ['a', 'b'] };
    const { torrent } = await stage.client.torrents.add({ source: smallTorrent(1).bytes, settings, name: "x'; $(rm)" });
    view = torrent.view();
  });
  after(() => rm(folder, { recursive: true }));

  async function run(
    script: string,
    clock = new ManualClock(),
  ): Promise<[CompletionProgram, FakeLog, Promise<boolean>]> {
    const program = join(folder, 'program');
    await writeFile(program, `#!/bin/sh\n${script}\n`);
    await chmod(program, 0o700);
    const log = new FakeLog();
    const hook = new CompletionProgram({ clock, logger: log, program: () => program });
    return [hook, log, hook.run(view)];
  }

  test('finds the facts in its environment, and nothing of our configuration', async () => {
    process.env.DST_SECRET = 'secret';
    const out = join(folder, 'out');
    const [, log, done] = await run(`env > ${out}; echo said`);
    await done;
    delete process.env.DST_SECRET;
    const lines = (await readFile(out, 'utf8')).split('\n').filter((line) => line.startsWith('DST_'));
    assert.deepEqual(
      lines.toSorted(),
      [
        `DST_TORRENT_CATEGORY=films`,
        `DST_TORRENT_FILES=1`,
        `DST_TORRENT_HASH=${view.hash}`,
        `DST_TORRENT_ID=${view.id}`,
        `DST_TORRENT_LABELS=a,b`,
        `DST_TORRENT_NAME=x'; $(rm)`,
        `DST_TORRENT_PATH=${view.contentPath}`,
        `DST_TORRENT_SAVE_PATH=${view.savePath}`,
        `DST_TORRENT_SIZE=100000`,
        `DST_TORRENT_TRACKER=`,
      ].toSorted(),
    );
    assert.match(log.lines.join(), /^info .*"code":0.*"words":"said"/);
  });

  test('that fails, or is none, is logged', async () => {
    const [, log, done] = await run('echo wrong >&2; exit 3');
    assert.equal(await done, true);
    assert.match(log.lines.join(), /^warn .*"code":3.*"words":"wrong"/);
    const missing = new FakeLog();
    const program = join(folder, 'missing');
    await new CompletionProgram({ clock: new ManualClock(), logger: missing, program: () => program }).run(view);
    assert.match(missing.lines.join(), /^error .*ENOENT/);
  });

  test('that does not end is ended', async () => {
    const clock = new ManualClock();
    const started = join(folder, 'started');
    const [, log, done] = await run(`trap '' TERM; touch ${started}; while :; do sleep 0.01; done`, clock);
    await untilThere(started);
    await clock.pass(600_000);
    await clock.pass(5_000);
    await done;
    assert.match(log.lines.join(), /"signal":"SIGKILL"/);
  });

  test('ends with the client', async () => {
    const started = join(folder, 'started-2');
    const [hook, log, done] = await run(`touch ${started}; exec sleep 60`);
    await untilThere(started);
    hook.close();
    assert.equal(await done, false);
    assert.match(log.lines.join(), /"signal":"SIGTERM"/);
  });
});

test('runs once for a download, after it was moved to its save path', async () => {
  await using stage = await Stage.open();
  const out = join(stage.folder, 'out');
  const program = join(stage.folder, 'program');
  await writeFile(program, `#!/bin/sh\necho "$DST_TORRENT_PATH" >> ${out}\n`, { mode: 0o700 });
  await stage.settings.set({ 'torrents.onComplete': program, incomplete: join(stage.folder, 'incomplete') });
  await stage.client.torrents.add({ source: smallTorrent(1).bytes });
  await stage.clock.pass(0);
  stage.torrents[0]?.finish();
  await until(() => stage.log.lines.some((line) => line.includes('completion program')));
  assert.equal(await readFile(out, 'utf8'), `${join(stage.settings.value.downloads, 'test-1')}\n`);
  await stage.stop();
  stage.engine.prepare = (torrent) => {
    torrent.isComplete = true;
  };
  stage.log.lines.length = 0;
  await stage.start();
  await stage.clock.pass(1_000);
  assert.deepEqual(
    stage.log.lines.filter((line) => line.includes('completion program')),
    [],
  );
});

async function untilThere(path: string): Promise<void> {
  for (;;) if ((await readFile(path).catch(() => null)) !== null) return;
}
