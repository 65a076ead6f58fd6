/** Flood in a real browser against the daemon, over each API that it knows of it. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { diskTorrent } from '../e2e/disk-torrent.ts';
import { launchBrowser, openPage } from './browser.ts';
import { floodApis, FloodProcess } from './flood-process.ts';
import { ensurePrograms } from './setup.ts';

const missing = ensurePrograms(['chromium']);

/** Waits for the row of the only torrent to have this state, which it has in Flood's words. */
const untilShown = (page: Page, ...states: readonly string[]): Promise<unknown> =>
  page.waitForSelector(states.map((state) => `.torrent.torrent--is-${state}`).join());

/** Opens what a double click on the torrent shows, at one of its tabs. */
async function openDetails(page: Page, tab: string): Promise<void> {
  await page.dblclick('.torrent');
  await page.click(`.modal__tab >> text=${tab}`);
}

for (const [api, client] of Object.entries(floodApis)) {
  describe(`Flood over ${api}`, { skip: missing ?? false, timeout: 480_000 }, () => {
    test('adds, lists, stops, starts, checks and removes torrents', async (t) => {
      await using scratch = await scratchFolder();
      const source = join(scratch.path, 'source');
      await mkdir(source);
      const torrent = await diskTorrent(source, { files: [300_000, 200_000], pieceLength: 16_384 });
      const hash = torrent.infoHash;
      await using daemon = await DaemonProcess.start(scratch.path);
      await using flood = await FloodProcess.start(join(scratch.path, 'flood'), client(daemon));
      await using browser = await launchBrowser();
      const page = await openPage(browser);
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('response', (response) => {
        if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
      });
      // It can be used before it knows these, and would then suggest no folder.
      const settings = page.waitForResponse((response) => response.url().endsWith('/api/client/settings'));
      await page.goto(flood.url);
      await settings;

      await t.test('a torrent file is added, and appears', async () => {
        await page.click('.action--add-torrent');
        await page.click('.modal__tab >> text=By File');
        await page.setInputFiles('.modal input[type=file]', torrent.file);
        assert.equal(await page.inputValue('#destination'), daemon.downloads);
        await page.fill('#tags', 'forest');
        await page.click('.modal__actions button >> text=Add Torrent');
        await untilShown(page, 'downloading');
        assert.equal(await page.getAttribute('.torrent', 'data-torrent-name'), 'test-1');
        const [added] = await daemon.torrents();
        assert.deepEqual([added?.hash, added?.['savePath']], [hash, daemon.downloads]);
        await page.waitForSelector('.torrent__detail--tags >> text=forest');
      });

      await t.test('it is stopped and started', async () => {
        await page.click('.torrent');
        await page.click('.action--stop-torrent');
        await daemon.untilState(hash, 'stopped');
        await untilShown(page, 'stopped');
        await page.click('.action--start-torrent');
        await daemon.untilState(hash, 'downloading');
        await untilShown(page, 'downloading');
      });

      await t.test('its details are shown', async () => {
        await openDetails(page, 'Details');
        const detail = (name: string): Promise<string | null> =>
          page.textContent(`.torrent-details__detail--${name} .torrent-details__detail__value`);
        assert.equal(await detail('hash'), hash.toUpperCase());
        assert.equal(await detail('location'), daemon.downloads);
        assert.equal(await detail('type'), 'Public');
        assert.equal(await detail('size'), '488kB');
        await page.keyboard.press('Escape');
      });

      await t.test('its files are shown as a tree, and get priorities', async () => {
        await openDetails(page, 'Files');
        await page.click('.directory-tree__node--directory[title="test-1"]');
        const [first, second] = ['file-0000', 'file-0001'].map(
          (name) => `.directory-tree__node--file[title="${name}"]`,
        );
        assert.match((await page.textContent(first as string)) ?? '', /file-0000292kB0%/);
        const levelOf = (priority: number): string => (priority === 0 ? 'unwanted' : priority > 4 ? 'high' : 'normal');
        const levelsAre = (...wanted: readonly string[]): Promise<unknown> =>
          daemon.until(
            wanted.join(),
            () => daemon.api<{ items: { priority: number }[] }>(`/torrents/${hash}/files`),
            ({ items }) => items.every(({ priority }, i) => levelOf(priority) === wanted[i]),
          );
        await page.click(`${first} .priority-meter__wrapper`);
        await levelsAre('high', 'normal');
        await page.click(`${second} .priority-meter__wrapper`);
        await levelsAre('high', 'high'); // what is asked for at once may come in any order
        await page.click(`${second} .priority-meter__wrapper`);
        await levelsAre('high', 'unwanted');
        await page.click(`${second} .priority-meter__wrapper`);
        await levelsAre('high', 'normal');
        await page.keyboard.press('Escape');
      });

      await t.test('data that is there is found by a check, and can be read', async () => {
        await cp(join(torrent.folder, 'test-1'), join(daemon.downloads, 'test-1'), { recursive: true });
        await page.click('.torrent', { button: 'right' });
        await page.click('.menu__item >> text=Check Hash');
        await untilShown(page, 'seeding');
        const answer = await page.request.get(`${flood.url}/api/torrents/${hash.toUpperCase()}/contents/1/data`);
        assert.deepEqual(await answer.body(), await readFile(join(torrent.folder, 'test-1/file-0001')));
      });

      await t.test('it is removed with its data', async () => {
        await page.click('.torrent');
        await page.click('.action--remove-torrent');
        assert.ok(await page.isChecked('#deleteData'));
        await page.click('.modal__actions button[type=submit]');
        await page.waitForSelector('.torrent', { state: 'detached' });
        assert.deepEqual(await daemon.torrents(), []);
        await daemon.until(
          'gone from the disk',
          () => readdir(daemon.downloads),
          (names) => names.length === 0,
        );
        assert.deepEqual(problems, []);
      });
    });
  });
}
