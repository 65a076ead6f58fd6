/** Words of strangers in real browsers, in the web clients that people put before the daemon: no script runs. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { scratchFolder } from '../e2e/cli-process.ts';
import { DaemonProcess } from '../e2e/daemon-process.ts';
import { scriptPayloads } from '../support/script-payloads.ts';
import { launchBrowser, openPage, selectRow } from './browser.ts';
import { floodApis, FloodProcess } from './flood-process.ts';
import { sayHostileWords } from './hostile-words.ts';
import { ensurePrograms } from './setup.ts';

const missing = ensurePrograms(['chromium', 'transmission-web']);

/** What scripts did in the page, and what its policy has kept from running. */
function watch(page: Page): { readonly ran: string[]; readonly kept: string[] } {
  const [ran, kept]: [string[], string[]] = [[], []];
  page.on('dialog', (dialog) => {
    ran.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) kept.push(message.text());
  });
  return { ran, kept };
}

/** Does to everything in the page what lets a script run that stands in an attribute. */
const touchAll = (page: Page): Promise<void> =>
  page.locator('*').evaluateAll((elements) => {
    for (const element of elements) {
      for (const name of ['mouseover', 'mouseenter', 'focus', 'error', 'load', 'toggle']) {
        element.dispatchEvent(new Event(name));
      }
    }
  });

test('names, files, comments, trackers, labels, peers and errors run no script', {
  skip: missing ?? false,
  timeout: 540_000,
}, async (t) => {
  await using scratch = await scratchFolder();
  await using daemon = await DaemonProcess.start(scratch.path, { env: { DST_QUEUE_ENABLED: 'false' } });
  await using words = await sayHostileWords(daemon);
  await using browser = await launchBrowser();
  const { name: username, password } = daemon.login;

  await t.test('in Transmission’s web client', async () => {
    const page = await openPage(browser, { httpCredentials: { username, password } });
    const { ran, kept } = watch(page);
    await page.goto(`${daemon.url}/transmission/web/`);
    const untilShown = (selector: string, count: number): Promise<void> =>
      page
        .locator(selector)
        .nth(count - 1)
        .waitFor({ state: 'attached' });
    await untilShown('#torrent_list .torrent', words.hashes.length);
    await page.click('#toolbar-inspector');
    const shown: string[] = [];
    for (const row of await page.locator('#torrent_list .torrent').all()) {
      await selectRow(row);
      await page.click('#inspector-tab-info');
      // What it has not asked for yet comes later.
      const hash = page.locator('#inspector-info-hash').filter({ hasText: /^[\da-f]{40}$/ });
      const isNew = hash.filter({ hasNotText: new RegExp(shown.join('|') || 'none') });
      shown.push((await isNew.textContent()) as string);
      await touchAll(page);
      await page.click('#inspector-tab-files');
      await untilShown('#inspector_file_list li', 1);
      await touchAll(page);
    }
    assert.deepEqual(shown.toSorted(), words.hashes.toSorted());
    await page.keyboard.press('a');
    await page.click('#inspector-tab-peers');
    await untilShown('.inspector_peer_entry', words.hashes.length);
    await touchAll(page);
    await page.click('#inspector-tab-trackers');
    await untilShown('.inspector_tracker_entry', scriptPayloads.length);
    await touchAll(page);
    // jQuery finds out by a handler what browser it is in.
    assert.deepEqual([ran, kept.length], [[], 1], kept.join('\n'));

    // What it had shown as a part of its page would not have run either.
    const markup = '<img src=x onerror=alert(1)><iframe src="javascript:alert(1)"></iframe>';
    await page.locator('body').evaluate((body, html) => body.insertAdjacentHTML('beforeend', html), markup);
    while (kept.length === 1) await page.waitForTimeout(20);
    assert.deepEqual(ran, []);
  });

  for (const [api, client] of Object.entries(floodApis)) {
    await t.test(`in Flood over ${api}`, async () => {
      await using flood = await FloodProcess.start(join(scratch.path, api), client(daemon));
      const page = await openPage(browser);
      const { ran } = watch(page);
      await page.goto(flood.url);
      await page.dblclick('.torrent');
      for (const tab of ['Files', 'Peers', 'Trackers', 'Details']) {
        await page.click(`.modal__tab >> text=${tab}`);
        await touchAll(page);
      }
      await page.keyboard.press('Escape');
      await page.waitForSelector('.modal', { state: 'detached' });
      await touchAll(page);
      assert.deepEqual(ran, []);
    });
  }
});
