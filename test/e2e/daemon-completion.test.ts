/** The program of the user, and a daemon that is killed before that has ended. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSession } from '../../src/app/index.ts';
import { addressKey } from '../../src/base/address.ts';
import { scratchFolder } from './cli-process.ts';
import { DaemonProcess, type TorrentJson } from './daemon-process.ts';
import { diskTorrent } from './disk-torrent.ts';

test('the program of a completion is run again when the daemon was killed before its end, and then no more', {
  skip: process.platform === 'win32',
}, async () => {
  await using scratch = await scratchFolder();
  const sample = await diskTorrent(join(scratch.path, 'seeder'), { files: [300_000] });
  const options = { port: 0, bind: ['127.0.0.1'], useTrackers: false, stateDirectory: join(scratch.path, 'state') };
  await using seeder = await createSession({ ...options, directory: sample.folder });
  await (await seeder.add(sample.bytes)).completed();

  const out = join(scratch.path, 'out');
  const program = join(scratch.path, 'program');
  await writeFile(out, '');
  // The first run waits until the daemon has gone.
  const script = `echo "$DST_TORRENT_PATH" >> ${out}\n[ $(wc -l < ${out}) -gt 1 ] || while kill -0 $PPID; do sleep 0.1; done`;
  await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  const env = { DST_TORRENTS_ON_COMPLETE: program };
  const ran = async (daemon: DaemonProcess, times: number): Promise<string> =>
    await daemon.until(
      `run ${times} times`,
      () => readFile(out, 'utf8'),
      (text) => text.split('\n').length > times,
    );
  {
    await using daemon = await DaemonProcess.start(scratch.path, { env });
    const bytes = { type: 'application/x-bittorrent', data: sample.bytes };
    const { hash } = (await daemon.api<{ torrent: TorrentJson }>('/torrents', { method: 'POST', bytes })).torrent;
    const peers = seeder.listening.map(addressKey);
    await daemon.api(`/torrents/${hash}/peers`, { method: 'POST', body: { peers } });
    await ran(daemon, 1);
    await daemon.kill();
  }
  {
    await using daemon = await DaemonProcess.start(scratch.path, { env });
    const line = `${join(daemon.downloads, sample.metainfo.info.name)}\n`;
    assert.equal(await ran(daemon, 2), line + line);
    await daemon.untilLogged(/the completion program has ended/);
    await daemon.stop();
  }
  await using daemon = await DaemonProcess.start(scratch.path, { env });
  const [torrent] = await daemon.torrents();
  await daemon.untilState(torrent?.hash as string, 'seeding');
  assert.equal((await readFile(out, 'utf8')).split('\n').length, 3);
});
