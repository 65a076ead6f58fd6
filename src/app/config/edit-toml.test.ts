import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { editToml } from './edit-toml.ts';

const text = `# mine
downloads = "/srv" # the big one
"logLevel" = "info"

[limits] # both ways
upload = 1000
schedule = [
  "mon 08:00-09:00", # early
  "tue 08:00-09:00",
] # end

[peers]
port = 1
`;

test('a value is replaced where it stands, and comments stay', () => {
  const edited = editToml(text, [
    { path: ['downloads'], value: '/data #1' },
    { path: ['limits', 'upload'], value: 2000 },
    { path: ['limits', 'schedule'], value: [] },
  ]);
  assert.equal(
    edited,
    text
      .replace('"/srv" #', '"/data #1" #')
      .replace('upload = 1000', 'upload = 2000')
      .replace(/schedule = \[[^\]]*\] # end/, 'schedule = [] # end'),
  );
});

test('a new key goes to the end of its section, a new section to the end of the file', () => {
  const edited = editToml(text, [
    { path: ['limits', 'download'], value: 5 },
    { path: ['incomplete'], value: '/tmp' },
    { path: ['queue', 'enabled'], value: false },
  ]) as string;
  assert.match(edited, /\] # end\ndownload = 5\n\n\[peers\]/);
  assert.match(edited, /"logLevel" = "info"\nincomplete = "\/tmp"\n\n\[limits\]/);
  assert.match(edited, /port = 1\n\n\[queue\]\nenabled = false\n$/);
});

test('a key is taken out, with all lines of its value', () => {
  const edited = editToml(text, [{ path: ['limits', 'schedule'], value: null }]) as string;
  assert.match(edited, /upload = 1000\n\n\[peers\]/);
  assert.equal(editToml('', [{ path: ['limits', 'schedule'], value: null }]), '');
});

test('dotted keys of the first section are found', () => {
  assert.equal(editToml('limits.upload = 1\n', [{ path: ['limits', 'upload'], value: 2 }]), 'limits.upload = 2\n');
});

test('a text whose key cannot be found for sure is left alone', () => {
  assert.equal(editToml('limits = { upload = 1 }\n', [{ path: ['limits', 'upload'], value: 2 }]), null);
  assert.equal(editToml('"downloads" = "/srv"\n', [{ path: ['downloads'], value: '/data' }]), null);
});

test('whatever is set is what a reader finds, and nothing else changes', () => {
  const value = fc.oneof(fc.string(), fc.integer({ min: -1e9, max: 1e9 }), fc.boolean(), fc.array(fc.string()));
  const path = fc.constantFrom(
    ['downloads'],
    ['limits', 'upload'],
    ['limits', 'schedule'],
    ['peers', 'x'],
    ['new', 'y'],
  );
  fc.assert(
    fc.property(path, value, (at, given) => {
      const edited = editToml(text, [{ path: at, value: given }]) as string;
      const [before, after] = [parse(text) as never, parse(edited) as never];
      const flat = (tables: Record<string, unknown>): Map<string, unknown> => {
        const all = new Map<string, unknown>();
        for (const [name, table] of Object.entries(tables)) {
          if (typeof table !== 'object' || table === null || Array.isArray(table)) all.set(name, table);
          else for (const [key, one] of Object.entries(table)) all.set(`${name}.${key}`, one);
        }
        return all;
      };
      assert.deepEqual(flat(after), flat(before).set(at.join('.'), given));
    }),
  );
});
