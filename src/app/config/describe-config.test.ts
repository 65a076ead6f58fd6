import assert from 'node:assert/strict';
import test from 'node:test';
import * as z from 'zod';
import { configPage, describeConfig, shownValue } from './describe-config.ts';
import { loadConfig } from './load-config.ts';
import { trackerConfig } from './tracker-config.ts';

test('a row tells type, default, unit, restart, variables and text of a key', () => {
  const rows = describeConfig(trackerConfig);
  assert.deepEqual(
    rows.find(({ key }) => key === 'memory'),
    {
      key: 'memory',
      type: 'size from 1M, such as 256M or 1.5G',
      default: '"256M"',
      unit: 'bytes',
      restart: true,
      environment: ['DST_TRACKER_MEMORY'],
      text: 'Most memory for swarms and peers.',
    },
  );
  assert.deepEqual(rows.find(({ key }) => key === 'swarms')?.environment, ['DST_TRACKER_SWARMS', 'DST_SWARMS']);
});

test('every key of a tracker has a text that is a sentence', () => {
  for (const { key, text } of describeConfig(trackerConfig)) assert.match(text, /^[A-Z].*\.$/, key);
});

test('the default of a secret is not told', () => {
  const schema = z.object({ secret: z.string().default('hunter2').meta({ secret: true }) });
  assert.equal(describeConfig(schema)[0]?.default, null);
});

test('a limit on one side, a section and facts below the default are told too', () => {
  const schema = z.object({
    part: z.object({
      least: z.number().min(1).describe('Least.').meta({ unit: 's' }).default(2),
      most: z.number().max(3),
    }),
  });
  assert.deepEqual(
    describeConfig(schema).map(({ key, type, unit, text, environment }) => [key, type, unit, text, environment]),
    [
      ['part.least', 'number, 1 or more', 's', 'Least.', []],
      ['part.most', 'number, 3 or less', null, '', []],
    ],
  );
});

test('the page has a line a key, with as many cells as the head, whatever the texts hold', () => {
  const schema = z.object({ a: z.enum(['x|y', 'z']).default('z').describe('One | two\nthree.') });
  const lines = configPage(describeConfig(schema)).trimEnd().split('\n');
  assert.equal(lines.length, 3);
  const cells = (line = ''): number => line.split(/(?<!\\)\|/).length;
  assert.equal(cells(lines[2]), cells(lines[0]));
});

test('a value is shown as the file would have it, a secret never, and none in words', async () => {
  const flags = { swarms: 'redis://u:hunter2@h', trustProxy: ['::1'], warning: 'say "no"' };
  const { value } = await loadConfig(trackerConfig, { flags });
  const shown = ['port', 'trustProxy', 'warning', 'swarms', 'database'].map((key) =>
    shownValue(trackerConfig, key, value),
  );
  assert.deepEqual(shown, ['6969', '["::1/128"]', String.raw`"say \"no\""`, '(secret)', '(not set)']);
  assert.throws(() => shownValue(trackerConfig, 'prot', value), RangeError);
});
