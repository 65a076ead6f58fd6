/** Debian's Chromium, which looks for nothing by itself, and is waited for as long as a busy machine needs. */
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';

/** Longest wait for the browser, and for whatever a page is to show or to take, ms. */
const PATIENCE_MS = 180_000;

export function launchBrowser(): Promise<Browser> {
  const args = ['--disable-background-networking'];
  return chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: PATIENCE_MS });
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

/** A row of Transmission's web client, which loses a click while it puts its rows in order. */
export async function selectRow(row: Locator): Promise<void> {
  const isSelected = (): Promise<boolean> => row.evaluate((element) => element.matches('.selected'));
  do await row.click();
  while (!(await isSelected()));
}
