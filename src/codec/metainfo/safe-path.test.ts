import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toText, utf8 } from '../../base/bytes.ts';
import { foldName, numberedElement, safeElement, safeName, unsafeReason } from './safe-path.ts';

/** What must hold of any element on any platform. */
function assertSafe(element: string): void {
  assert.ok(element !== '' && element !== '.' && element !== '..', JSON.stringify(element));
  assert.doesNotMatch(element, /[\p{Cc}\p{Cs}<>:"/\\|?*\u2028\u2029]/u);
  assert.doesNotMatch(element, /[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u);
  assert.doesNotMatch(element, /^[\u200c\u200d]|[\u200c\u200d]{2}|[\u200c\u200d]$/);
  assert.doesNotMatch(element, /[. ]$/);
  assert.doesNotMatch(element, /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i);
  assert.ok(utf8(element).length <= 255, `${utf8(element).length} bytes`);
}

const cases: readonly [why: string, input: string, expected: string][] = [
  ['a plain name', 'file name (1) [x].tar.gz', 'file name (1) [x].tar.gz'],
  ['a leading dot', '.hidden', '.hidden'],
  ['dots inside', 'a...b', 'a...b'],
  [
    'letters of any script',
    '\u65e5\u672c\u8a9e \u0440\u0443\u0441 \u{1f600}',
    '\u65e5\u672c\u8a9e \u0440\u0443\u0441 \u{1f600}',
  ],
  ['an empty name', '', '_'],
  ['the folder itself', '.', '_'],
  ['the folder above', '..', '_'],
  ['more dots', '....', '_'],
  ['only spaces', '   ', '_'],
  ['dots and spaces at the end', 'a. . .', 'a'],
  ['a dot at the end', 'abc.', 'abc'],
  ['slashes', '/a/../b', '_a_.._b'],
  ['backslashes', '..\\..\\x', '.._.._x'],
  ['only separators', '//\\', '___'],
  ['a drive', 'C:', 'C_'],
  ['a stream', 'file.txt:stream', 'file.txt_stream'],
  ['characters that Windows forbids', 'a<b>c"d|e?f*g', 'a_b_c_d_e_f_g'],
  ['NUL', 'a\0b', 'a_b'],
  ['controls', 'a\nb\x1b[31m\x7f\x85', 'a_b_[31m__'],
  ['line separators', 'a\u2028b\u2029', 'a_b_'],
  ['bidirectional controls', 'photo\u202egpj.exe', 'photogpj.exe'],
  ['isolates and marks', '\u2066a\u2069\u200e\u200f\u061c', 'a'],
  ['zero-width characters', 'a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg', 'abcdefg'],
  ['a Persian name', '\u0645\u06cc\u200c\u0631\u0648\u0645.mkv', '\u0645\u06cc\u200c\u0631\u0648\u0645.mkv'],
  ['a conjunct of an Indic script', '\u0915\u094d\u200d\u0937', '\u0915\u094d\u200d\u0937'],
  ['a half form before an extension', '\u0915\u094d\u200d.mp3', '\u0915\u094d\u200d.mp3'],
  ['an emoji of several parts', '\u{1f469}\u{1f3fd}\u200d\u{1f680}', '\u{1f469}\u{1f3fd}\u200d\u{1f680}'],
  ['an emoji with a variation selector', '\u2764\ufe0f\u200d\u{1f525}', '\u2764\ufe0f\u200d\u{1f525}'],
  ['a joiner at the start', '\u200d\u{1f525}', '\u{1f525}'],
  ['a joiner at the end', '\u{1f525}\u200d', '\u{1f525}'],
  ['a joiner before dots and spaces at the end', '\u{1f525}\u200d. \u200c.', '\u{1f525}'],
  ['several joiners', '\u{1f525}\u200d\u200d\u200c\u{1f525}', '\u{1f525}\u200d\u{1f525}'],
  ['joiners around an invisible character', '\u{1f525}\u200d\u202e\u200d\u{1f525}', '\u{1f525}\u200d\u{1f525}'],
  ['a joiner behind what is replaced', '\u2028\u200da', '_a'],
  ['only joiners', '\u200d\u200c', '_'],
  ['tag characters', 'a\u{e0041}\u{e007f}', 'a'],
  ['dots hidden between invisible characters', '.\u200b.', '_'],
  ['an invalid sequence', toText(Uint8Array.of(0x61, 0xff, 0x62)), 'a_b'],
  ['an overlong dot', toText(Uint8Array.of(0xc0, 0xae, 0xc0, 0xae)), '____'],
  ['a surrogate in UTF-8', toText(Uint8Array.of(0xed, 0xa0, 0x80)), '___'],
  ['a lone surrogate', 'a\ud800b', 'a_b'],
  ['a device', 'CON', '_CON'],
  ['a device in lower case', 'nul', '_nul'],
  ['a device with an extension', 'Aux.txt', '_Aux.txt'],
  ['a device with several extensions', 'com1.tar.gz', '_com1.tar.gz'],
  ['a device with spaces', 'prn  .x', '_prn  .x'],
  ['a device with a space at the end', 'LPT9 ', '_LPT9'],
  ['a device with a superscript', 'COM\u00b9', '_COM\u00b9'],
  ['console buffers', 'CONOUT$', '_CONOUT$'],
  ['a device hidden by an invisible character', 'C\u200bON', '_CON'],
  ['a device hidden by a joiner', 'C\u200dON', '_CON'],
  ['a device with a joiner behind it', 'COM\u00b9\u200d.txt', '_COM\u00b9.txt'],
  ['a name that begins like a device', 'console.log', 'console.log'],
  ['a device behind a prefix', 'xCON', 'xCON'],
];
for (const [why, input, expected] of cases) {
  test(`${why}: ${JSON.stringify(input)} becomes ${JSON.stringify(expected)}`, () => {
    assert.equal(safeElement(input), expected);
    assertSafe(expected);
  });
}

test('a long name is cut to 255 bytes at a character and keeps its extension', () => {
  assert.equal(safeElement(`${'x'.repeat(300)}.torrent`), `${'x'.repeat(247)}.torrent`);
  assert.equal(safeElement(`${'\u00fc'.repeat(300)}.mkv`), `${'\u00fc'.repeat(125)}.mkv`);
  assert.equal(safeElement('\u{1f600}'.repeat(100)), '\u{1f600}'.repeat(63));
  assert.equal(safeElement(`a.${'x'.repeat(300)}`), `a.${'x'.repeat(253)}`);
  assert.equal(safeElement(`${'x'.repeat(254)} ${'y'.repeat(50)}`), 'x'.repeat(254));
  assert.equal(safeElement('x'.repeat(255)), 'x'.repeat(255));
  assert.equal(safeElement(`${' '.repeat(300)}x`), '_');
  assert.equal(safeElement('\u{1f525}\u200d'.repeat(100)), `${'\u{1f525}\u200d'.repeat(35)}\u{1f525}`);
});

test('a name of ten million characters is shortened like any other', () => {
  assert.equal(safeElement(`${'/'.repeat(1e7)}.mkv`), `${'_'.repeat(251)}.mkv`);
  assert.equal(safeElement(`${'. '.repeat(5e6)}x`), `${'. '.repeat(126)}. x`);
  assert.equal(safeElement('.'.repeat(1e7)), '_');
});

test('any text becomes a safe element, and a safe element stays as it is', () => {
  const units = fc.constantFrom(
    ...'abC.. /\\:\0\n\u202e\u200b\u200c\u200d\u0645\ud800',
    'CON',
    'lpt1',
    '\u{1f600}',
    '\u00fc',
    'x'.repeat(100),
  );
  const anyUnit = fc.nat(0x10ffff).map((point) => String.fromCodePoint(point));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(units, anyUnit), { maxLength: 12 }).map((parts) => parts.join('')),
      (text) => {
        const safe = safeElement(text);
        assertSafe(safe);
        assert.equal(safeElement(safe), safe);
        const numbered = numberedElement(safe, 12);
        assert.ok(utf8(numbered).length <= 255);
        assert.notEqual(numbered, safe);
        assert.doesNotMatch(numbered, /[. ]$/);
      },
    ),
    { numRuns: 400 },
  );
});

test('a number stands before the extension', () => {
  assert.equal(numberedElement('a.txt', 1), 'a.1.txt');
  assert.equal(numberedElement('a.tar.gz', 2), 'a.tar.2.gz');
  assert.equal(numberedElement('a', 3), 'a.3');
  assert.equal(numberedElement('.hidden', 1), '.hidden.1');
  assert.equal(numberedElement(`${'x'.repeat(251)}.txt`, 10), `${'x'.repeat(248)}.10.txt`);
});

test('a name of which nothing is left takes the fallback', () => {
  assert.equal(safeName('..', 'hash'), 'hash');
  assert.equal(safeName('a', 'hash'), 'a');
});

test('what is wrong with a name is told, with the character by its code point', () => {
  const rule = '; what a name cannot have are < > : " / \\ | ? *, control and invisible characters';
  const end = '; a name ends in no dot, space or joiner';
  for (const [name, reason] of [
    ['', 'it is empty'],
    ['a:b', `it has ":" (U+003A)${rule}`],
    ['a\nb', `it has U+000A${rule}`],
    ['photo\u202egpj.exe', `it has U+202E${rule}`],
    ['a\u{e0041}', `it has U+E0041${rule}`],
    ['a\u200db', `it has U+200D${rule}`],
    ['..', `it ends in "." (U+002E)${end}`],
    ['a ', `it ends in " " (U+0020)${end}`],
    ['\u0645\u200c', `it ends in U+200C${end}`],
    ['con.txt', 'it is that of a device on Windows'],
    ['x'.repeat(256), 'it has more than 255 bytes'],
    ['_', null],
    ['\u0645\u06cc\u200c\u0631\u0648\u0645', null],
  ] as const) {
    assert.equal(unsafeReason(name), reason, JSON.stringify(name));
  }
});

test('paths that a file system may take for the same fold to one key', () => {
  for (const [a, b] of [
    ['ReadMe.TXT', 'README.txt'],
    ['\u00fc', 'u\u0308'],
    ['\u00dc', 'u\u0308'],
    ['stra\u00dfe', 'STRASSE'],
    ['\u03c3', '\u03c2'],
    ['\u212a', 'k'],
    ['\u0645\u200c\u0631', '\u0645\u0631'],
  ] as const) {
    assert.equal(foldName(a), foldName(b), `${a} ${b}`);
  }
  for (const [a, b] of [
    ['a', 'b'],
    ['a/b', 'ab'],
    ['\u2460', '1'],
  ] as const)
    assert.notEqual(foldName(a), foldName(b));
});
