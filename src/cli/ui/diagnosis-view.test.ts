import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnosisLines } from './diagnosis-view.ts';
import { wrap } from './wrap.ts';

test('findings stand below the summary, with what can be done, wrapped to the terminal', () => {
  const findings = [
    {
      code: 'a',
      weight: 'blocks',
      message: 'No peer has what is missing here.',
      advice: 'Wait for a seed.',
      facts: {},
    },
    { code: 'b', weight: 'note', message: 'It seeds.', advice: null, facts: {} },
  ] as const;
  const paint = (text: string, tone: string): string => (tone === 'quiet' ? `(${text})` : text);
  assert.deepEqual(diagnosisLines('album', { summary: 'It stands still.', findings }, 30, paint), [
    'album: It stands still.',
    'blocks  No peer has what is',
    '        missing here.',
    '        Wait for a seed.',
    '(note    )It seeds.',
  ]);
});

test('text is broken between words, and a word that is too long stays whole', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('a verylongword b', 5), ['a', 'verylongword', 'b']);
  assert.deepEqual(wrap('日本 語', 4), ['日本', '語']);
  assert.deepEqual(wrap('', 10), ['']);
});
