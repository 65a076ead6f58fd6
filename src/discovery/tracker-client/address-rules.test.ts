import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAddress } from './address-rules.ts';
import { parseTrackerUrl } from './tracker-url.ts';

const check = (path: string): string =>
  checkAddress(parseTrackerUrl(`http://192.168.1.9/${path}`), '192.168.1.9', null, () => true);

describe('a local address', () => {
  for (const path of ['announce', 'x/announce?key=1', 'announce.php', 'scrape']) {
    it(`takes requests for /${path}`, () => {
      assert.equal(check(path), 'private');
    });
  }

  for (const path of ['', 'reboot', 'announce/reboot', 'scrape/x?/announce', 'x?/announce', 'reboot#/announce']) {
    it(`takes none for /${path}`, () => {
      assert.throws(() => check(path), { code: 'TRACKER_FORBIDDEN_ADDRESS' });
    });
  }
});
