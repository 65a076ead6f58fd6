/** What is handed out for operators: alert rules by Prometheus' own tool. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ensurePrograms } from '../interop/setup.ts';

const folder = join(import.meta.dirname, '../../deploy');

test('the alert rules are valid, and fire when they should', (t) => {
  const reason = ensurePrograms(['promtool']);
  if (reason !== undefined) return t.skip(reason);
  const run = (...args: string[]): string =>
    execFileSync('promtool', args, { cwd: join(folder, 'prometheus'), encoding: 'utf8' });
  assert.match(run('check', 'rules', 'dst-alerts.yml'), /SUCCESS/);
  assert.match(run('test', 'rules', 'dst-alerts.test.yml'), /SUCCESS/);
});

test('every alert has a severity, a summary and a description', () => {
  const text = readFileSync(join(folder, 'prometheus/dst-alerts.yml'), 'utf8');
  for (const rule of text.split('- alert: ').slice(1)) {
    assert.match(rule, /severity: (?:warning|critical)[\s\S]*summary: "[\s\S]*description: "/, rule);
  }
});
