import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { scrubSecrets } from './scrub-secrets.ts';

/** Text → what is left of it. */
function check(cases: readonly (readonly [string, string])[]): void {
  for (const [text, expected] of cases) assert.equal(scrubSecrets(text), expected);
}

const passkey = 'abcdefghijklmnop0123456789ABCDEF';

test('user and password of a URL are taken away, also where they hold what they should not', () => {
  check([
    ['postgres://user:pass@db/name', 'postgres://[redacted]@db/name'],
    ['redis://:p@ss/wo?rd#x@host:1/0', 'redis://[redacted]@host:1/0'],
    ['https://TOKEN@host/', 'https://[redacted]@host/'],
    ['redis+unix://u:p@localhost/run/x', 'redis+unix://[redacted]@localhost/run/x'],
  ]);
});

test('passkeys in queries and values of Authorization are taken away', () => {
  check([
    ['/announce?info_hash=a&passkey=b&port=1', '/announce?info_hash=a&passkey=[redacted]&port=1'],
    ['/announce?key=b', '/announce?key=[redacted]'],
    ['http://bt.example/ann?uk=aB3xY', 'http://bt.example/ann?uk=[redacted]'],
    ['http://t/announce.php?pid=17&a=b', 'http://t/announce.php?pid=[redacted]&a=b'],
    [
      '/x?pass=a&auth_token=b;rss_key=c&monkeys=d',
      '/x?pass=[redacted]&auth_token=[redacted];rss_key=[redacted]&monkeys=d',
    ],
    [
      'https://t/announce.php?torrent_pass=x&authkey=y',
      'https://t/announce.php?torrent_pass=[redacted]&authkey=[redacted]',
    ],
    ['authorization: Bearer abc.def-123', 'authorization: Bearer [redacted]'],
  ]);
});

test('passkeys in paths are taken away, before the page, behind it and without one', () => {
  check([
    [`/${passkey}/announce?x=1`, '/[redacted]/announce?x=1'],
    [`http://t/${passkey}/scrape`, 'http://t/[redacted]/scrape'],
    [`https://t/a/${passkey}/announce.php`, 'https://t/a/[redacted]/announce.php'],
    ['https://t/a1b2c3d4/announce', 'https://t/[redacted]/announce'],
    [`https://t/announce/${passkey}`, 'https://t/announce/[redacted]'],
    ['https://t/announce.php/17/short: refused', 'https://t/announce.php/[redacted]/[redacted]: refused'],
    [`/announce/${passkey}`, '/announce/[redacted]'],
    [`udp://t:6969/${passkey}`, 'udp://t:6969/[redacted]'],
    [`https://t/tracker.php/${passkey}/announce`, 'https://t/tracker.php/[redacted]/announce'],
    ['https://t/550e8400-e29b-41d4-a716-446655440000?a=1', 'https://t/[redacted]?a=1'],
  ]);
});

test('a passkey is taken away where a tracker calls it one', () => {
  check([
    [`Passkey ${passkey} is not known`, 'Passkey [redacted] is not known'],
    [`your passkey is: ${passkey}`, 'your passkey is: [redacted]'],
    [`{"passkey": "${passkey}"}`, '{"passkey": "[redacted]"}'],
  ]);
});

test('what only resembles a secret stays', () => {
  const texts = [
    'http://host:80/a',
    'a@b',
    'mail me@example.org',
    '/files/announce',
    '/abc/announcement',
    'basic rules',
  ];
  texts.push('http://tracker.example:6969/announce', 'https://t/tracker/announce.php', 'the passkey is not known');
  texts.push('http://mirror/debian-12.5.0-amd64-netinst.iso', '/home/ann/films', `/downloads/${passkey}/film`);
  check(texts.map((text) => [text, text]));
});

test('masking twice is masking once', () => {
  const part = fc.constantFrom('http://', 'h', '/', passkey, 'announce', '?', 'passkey=', 'uk=', ' ', ':', '@', '.php');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const once = scrubSecrets(parts.join(''));
      assert.equal(scrubSecrets(once), once);
    }),
  );
});

test('hostile text takes no long time', () => {
  const parts = [
    'a://b:',
    ':',
    'a.',
    '/aaaaaaaaaaaaaaaa',
    '/announce/a',
    '?key=',
    '?key',
    'a://',
    '//',
    'passkey ',
    '@',
    '%',
  ];
  for (const part of parts) assert.ok(scrubSecrets(part.repeat(4000)).length > 0);
});
