import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { EventHistory } from '../client/index.ts';
import { clientConfig, loadConfig } from '../config/index.ts';
import { ConfiguredSettings } from './configured-settings.ts';

test('who is told of a change finds the new values', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-settings-'));
  t.after(() => rm(folder, { recursive: true }));
  const sources = { file: join(folder, 'config.toml'), isFileOptional: true, env: {}, flags: {} };
  const events = new EventHistory(0, systemClock, silentLogger);
  const initial = await loadConfig(clientConfig, sources);
  using settings = new ConfiguredSettings({ initial, sources, events, clock: systemClock, logger: silentLogger });
  const told: unknown[] = [];
  events.on(({ name, data }) => told.push(name, data, settings.value.limits.upload));
  await settings.set({ 'limits.upload': 5000 });
  assert.deepEqual(told, ['settings.changed', { keys: ['limits.upload'], needRestart: [] }, 5000]);
  await settings.set({ 'peers.port': 1 });
  await settings.set({ 'limits.upload': 5001 });
  assert.deepEqual(told.at(-2), { keys: ['limits.upload'], needRestart: [] }, 'the port was told before');
  assert.match(await readFile(sources.file, 'utf8'), /upload = 5001/);
});

test('a file that is not valid is told in the log, and that it is valid again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dst-settings-'));
  t.after(() => rm(folder, { recursive: true }));
  const sources = { file: join(folder, 'config.toml'), env: {}, flags: {} };
  await writeFile(sources.file, 'logLevel = "info"\n');
  const events = new EventHistory(0, systemClock, silentLogger);
  const initial = await loadConfig(clientConfig, sources);
  const told: string[] = [];
  const logger = { ...silentLogger, error: (text: string) => told.push(text), info: (text: string) => told.push(text) };
  using settings = new ConfiguredSettings({ initial, sources, events, clock: systemClock, logger });
  await writeFile(sources.file, 'logLevel = "loud"\n');
  await settings.reload();
  assert.equal(told.at(-1), 'configuration not changed');
  await writeFile(sources.file, 'logLevel = "info"\n');
  await settings.reload();
  await settings.reload();
  assert.deepEqual([told.at(-1), settings.problem], ['the configuration file is valid again', null]);
  assert.equal(told.filter((text) => text === 'the configuration file is valid again').length, 1);
});
