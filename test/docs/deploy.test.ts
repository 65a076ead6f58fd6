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

test('every alert has a case in which it fires', () => {
  const [rules, cases] = ['dst-alerts.yml', 'dst-alerts.test.yml'].map((name) =>
    readFileSync(join(folder, 'prometheus', name), 'utf8'),
  ) as [string, string];
  const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name as string);
  assert.ok(alerts.length > 10);
  const fired = new Set([...cases.matchAll(/alertname: (\w+)\n +exp_alerts:\n/g)].map(([, name]) => name));
  assert.deepEqual(
    alerts.filter((name) => !fired.has(name)),
    [],
  );
});
