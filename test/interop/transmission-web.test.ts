/** Transmission's own web client, from Debian, in a real browser against the daemon. */
import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { diskTorrent } from '../e2e/disk-torrent.ts';
import { launchBrowser, openPage, selectRow } from './browser.ts';
import { ensurePrograms } from './setup.ts';

const missing = ensurePrograms(['chromium', 'transmission-web']);

test('Transmission’s web client lists, stops, starts and removes torrents', {
  skip: missing ?? false,
  timeout: 480_000,
}, async (t) => {
  await using scratch = await scratchFolder();
  const source = join(scratch.path, 'source');
  await mkdir(source);
  const torrent = await diskTorrent(source, { files: [50_000] });
  await using daemon = await DaemonProcess.start(scratch.path);
  const { name: username, password } = daemon.login;
  await using browser = await launchBrowser();
  const page = await openPage(browser, { httpCredentials: { username, password } });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${daemon.url}/transmission/web/`);

  await t.test('a torrent that is added by its content appears', async () => {
    await page.click('#toolbar-open');
    await page.setInputFiles('#torrent_upload_file', torrent.file);
    await page.click('#upload_confirm_button');
    // It may show the row before it has asked for the name.
    await page.waitForSelector('#torrent_list .torrent_name >> text=test-1');
    assert.equal((await daemon.torrents())[0]?.hash, torrent.infoHash);
  });

  await t.test('it is stopped and started', async () => {
    await selectRow(page.locator('#torrent_list .torrent'));
    await page.click('#toolbar-pause');
    await daemon.untilState(torrent.infoHash, 'stopped');
    await page.waitForSelector('#torrent_list >> text=Paused');
    await page.click('#toolbar-start');
    await daemon.untilState(torrent.infoHash, 'downloading');
  });

  await t.test('its details are shown', async () => {
    await page.click('#toolbar-inspector');
    await page.waitForSelector(`#inspector-info-hash >> text=${torrent.infoHash}`);
  });

  await t.test('it is removed', async () => {
    await page.click('#toolbar-remove');
    await page.click('#dialog_confirm_button');
    await daemon.until(
      'gone',
      () => daemon.torrents(),
      (torrents) => torrents.length === 0,
    );
    assert.deepEqual(problems, []);
    await daemon.until(
      'forgotten',
      () => readdir(join(scratch.path, 'data', 'torrents')),
      (names) => names.length === 0,
    );
  });
});
