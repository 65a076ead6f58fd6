/** A film is watched in a browser, and looked at by another player, while its torrent is still downloading. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { launchBrowser, openPage } from './browser.ts';
import { DownloadStage } from './download-stage.ts';
import { FILM_SECONDS, type FilmKind, lengthOf, makeFilm } from './film.ts';
import { ensurePrograms } from './setup.ts';

const missing = ensurePrograms(['chromium', 'ffmpeg']);

/** Where the viewer goes, seconds. */
const SEEK = FILM_SECONDS * 0.8;
/** So many pieces may come before one that is needed at once: they were on their way. */
const UNDER_WAY = 24;

/** Of a video element what is used here. */
interface Video {
  src: string;
  currentTime: number;
  play(): Promise<void>;
  requestVideoFrameCallback(callback: () => void): void;
  /** When the first picture was shown, ms after the address was set. */
  firstFrame?: Promise<number>;
}

/** What a player gets: the link of the playlist. */
async function linkOf(stage: DownloadStage): Promise<string> {
  const headers = { authorization: `Bearer ${await stage.token()}` };
  const answer = await fetch(`${stage.daemon.url}/api/v1/torrents/${stage.hash}/playlist.m3u8`, { headers });
  const [, link] = /^#EXTM3U\n#EXTINF:-1,film\.\w+\n(http:\S+)\n$/.exec(await answer.text()) ?? [];
  assert.ok(link !== undefined);
  return link;
}

/** Shows the film in a page of the daemon's own host. */
async function watch(page: Page, link: string): Promise<void> {
  const address = new URL('/watch', link).href;
  const body = '<video muted autoplay></video>';
  await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(address);
  const asked = page.waitForRequest(link);
  await page.locator('video').evaluate((video: Video, src) => {
    const begun = performance.now();
    video.firstFrame = new Promise((resolve) => {
      video.requestVideoFrameCallback(() => resolve(performance.now() - begun));
    });
    video.src = src;
  }, link);
  await asked;
}

const untilPlayed = ({ daemon }: DownloadStage, page: Page, seconds: number): Promise<unknown> =>
  daemon.until(
    'played',
    () => page.locator('video').evaluate(({ currentTime }: Video) => currentTime),
    (time) => time > seconds,
  );

/** How many pieces came before it. */
function placeOf(piece: number, pieces: readonly number[]): number {
  const place = pieces.indexOf(piece);
  return place < 0 ? Number.POSITIVE_INFINITY : place;
}

for (const kind of ['mp4 with its index at its end', 'mp4 with its index in front', 'mkv'] satisfies FilmKind[]) {
  test(`a browser plays an ${kind} while it downloads, and seeks in it`, {
    skip: missing ?? false,
    timeout: 480_000,
  }, async (t) => {
    await using stage = await DownloadStage.open(`film.${kind.slice(0, 3)}`, (file) => makeFilm(file, kind));
    const { verified } = stage;
    await using browser = await launchBrowser();
    const page = await openPage(browser);
    const link = await linkOf(stage);
    await watch(page, link);

    await t.test('it begins at once', async () => {
      // While the browser thinks about what it needs next, hardly anything else is to come.
      await stage.introduce(UNDER_WAY / stage.pieceCount);
      const ms = await page.locator('video').evaluate(({ firstFrame }: Video) => firstFrame as Promise<number>);
      t.diagnostic(`first frame after ${Math.round(ms)} ms, with ${Math.round(100 * (await stage.share()))} % there`);
      stage.allow(0.3);
      await untilPlayed(stage, page, 1);
      assert.ok((await stage.share()) < 0.5);
      for (const piece of [0, 1, 2, 3])
        assert.ok(placeOf(piece, verified) < UNDER_WAY, `${piece}: ${verified.join(' ')}`);
      if (kind === 'mp4 with its index at its end')
        assert.ok(placeOf(stage.pieceCount - 1, verified) < 2 * UNDER_WAY, verified.join(' '));
    });

    await t.test('it goes on at another place', async () => {
      const before = verified.length;
      stage.allow((await stage.share()) + UNDER_WAY / stage.pieceCount);
      const begun = performance.now();
      await page.locator('video').evaluate((video: Video, time) => {
        video.currentTime = time;
      }, SEEK);
      // The film has the same number of bytes for each second.
      const piece = Math.floor(0.81 * stage.pieceCount);
      const place = await stage.daemon.until(
        'there',
        async () => placeOf(piece, verified.slice(before)),
        (pieces) => pieces !== Number.POSITIVE_INFINITY,
      );
      assert.ok(place < UNDER_WAY + 0.05 * stage.pieceCount, verified.slice(before).join(' '));
      stage.allow(0.8);
      await untilPlayed(stage, page, SEEK + 1);
      t.diagnostic(`a second of the new place was played after ${Math.round(performance.now() - begun)} ms`);
      assert.equal((await stage.daemon.torrents())[0]?.state, 'downloading');
      assert.ok((await stage.share()) < 0.9);
      stage.allow(1);
    });

    await t.test('the link alone is a page with the film', async () => {
      const tab = await openPage(browser);
      await tab.goto(link);
      // It does not begin by itself: that is for the viewer to say.
      await tab.locator('video').evaluate((video: Video) => video.play());
      await untilPlayed(stage, tab, 0.5);
      await tab.close();
    });

    await t.test('another player sees how long it is', async () => {
      assert.equal(Math.round(await lengthOf(link)), FILM_SECONDS);
    });

    await t.test('what has come is the film', async () => {
      stage.hurry();
      await stage.daemon.untilState(stage.hash, 'seeding');
      assert.ok((await readFile(stage.copy)).equals(await readFile(stage.original)));
    });
  });
}
