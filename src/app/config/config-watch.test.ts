import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import * as z from 'zod';
import { type Clock, systemClock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import type { ConfigSchema } from './config-schema.ts';
import { type ConfigChange, ConfigWatch, type ConfigWatchOptions, type WatchFolder } from './config-watch.ts';
import { loadConfig, type LoadedConfig } from './load-config.ts';

interface Sample {
  readonly port: number;
  readonly level: string;
  readonly names: readonly string[];
}

const sample: ConfigSchema<Sample> = z
  .object({
    port: z.number().int().default(80).meta({ restart: true }),
    level: z.string().default('info'),
    names: z.array(z.string()).default([]),
  })
  .refine(({ port, level }) => port !== 1 || level === 'info', { path: ['level'], message: 'port 1 needs info' });

const folder = mkdtempSync(join(tmpdir(), 'dst-watch-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** A clock whose one timer the test lets fire. */
class HandClock implements Clock {
  #now: Millis = 0;
  #timer: { readonly delay: Millis; readonly fn: () => void } | null = null;

  now(): Millis {
    return this.#now;
  }

  wall(): number {
    return 0;
  }

  after(delay: Millis, fn: () => void): Disposable {
    const timer = { delay, fn };
    this.#timer = timer;
    return {
      [Symbol.dispose]: () => {
        if (this.#timer === timer) this.#timer = null;
      },
    };
  }

  sleep(): Promise<void> {
    throw new Error('not used');
  }

  pass(time: Millis): void {
    this.#now += time;
  }

  /** Delay of the timer that is set, or null. */
  get delay(): Millis | null {
    return this.#timer?.delay ?? null;
  }

  fire(): void {
    const timer = this.#timer;
    this.#timer = null;
    assert.ok(timer !== null, 'no timer is set');
    timer.fn();
  }
}

interface Told {
  readonly change: ConfigChange;
  readonly value: Sample;
}

/** A watch over a file that the test writes and announces by hand. */
class Stage implements Disposable {
  readonly file = join(folder, `${files++}.toml`);
  readonly clock = new HandClock();
  readonly told: Told[] = [];
  readonly problems: unknown[] = [];
  /** What waited for a restart at each reload without news. */
  readonly same: (readonly string[])[] = [];
  emit: (name: string | null) => void = () => assert.fail('nobody watches');
  isWatched = false;
  watch!: ConfigWatch<Sample>;
  refusal: Error | null = null;

  static async open(text: string, over: Partial<ConfigWatchOptions<Sample>> = {}): Promise<Stage> {
    const stage = new Stage();
    stage.write(text);
    const sources = { file: stage.file, env: {}, flags: {}, ...over.sources };
    const watchFolder: WatchFolder = (watched, onEvent) => {
      assert.equal(watched, folder);
      stage.emit = onEvent;
      stage.isWatched = true;
      return { [Symbol.dispose]: () => (stage.isWatched = false) };
    };
    stage.watch = new ConfigWatch({
      schema: sample,
      initial: await loadConfig(sample, sources),
      clock: stage.clock,
      onChange: (next: LoadedConfig<Sample>, change) => {
        if (stage.refusal !== null) throw stage.refusal;
        stage.told.push({ change, value: next.value });
      },
      onSame: (needRestart) => stage.same.push(needRestart),
      onProblem: (error) => stage.problems.push(error),
      watchFolder,
      ...over,
      sources,
    });
    return stage;
  }

  write(text: string): void {
    writeFileSync(this.file, text);
  }

  /** Reads the file again, now with this text. */
  async reload(text: string): Promise<void> {
    this.write(text);
    await this.watch.reload();
  }

  [Symbol.dispose](): void {
    this.watch[Symbol.dispose]();
  }
}

test('a change is told with the keys that changed', async () => {
  using stage = await Stage.open('level = "info"');
  await stage.reload('level = "debug"\nnames = ["a"]');
  assert.deepEqual(stage.told, [
    {
      change: { changed: ['level', 'names'], needRestart: [] },
      value: { port: 80, level: 'debug', names: ['a'] },
    },
  ]);
  assert.equal(stage.watch.current.value.level, 'debug');
  assert.equal(stage.watch.current.originOf('names'), 'file');
});

test('a file that says the same in other words is no change, and that is told', async () => {
  using stage = await Stage.open('names = ["a"]');
  await stage.reload('# a comment\nnames = [ "a" ]\nport = 80');
  assert.deepEqual([stage.told, stage.problems, stage.same], [[], [], [[]]]);
});

test('a file that is as it was before a mistake is told to be the same', async () => {
  using stage = await Stage.open('level = "warn"');
  await stage.reload('level = ');
  assert.deepEqual([stage.problems.length, stage.same], [1, []]);
  await stage.reload('level = "warn"');
  assert.deepEqual([stage.told, stage.same], [[], [[]]]);
});

test('a reload that was asked for takes the place of the one that an event would bring', async () => {
  using stage = await Stage.open('');
  stage.emit(null);
  await stage.reload('level = "debug"');
  assert.deepEqual([stage.told.length, stage.clock.delay], [1, null]);
  stage.emit(null);
  assert.equal(stage.clock.delay, 200, 'the next event has its own');
});

test('a key that needs a restart keeps its value and is told apart', async () => {
  using stage = await Stage.open('port = 1000');
  await stage.reload('port = 2000\nlevel = "warn"');
  assert.deepEqual(stage.told[0], {
    change: { changed: ['port', 'level'], needRestart: ['port'] },
    value: { port: 1000, level: 'warn', names: [] },
  });
  await stage.reload('port = 2000\nlevel = "warn"\n');
  assert.deepEqual(
    [stage.told.length, stage.same],
    [1, [['port']]],
    'it is told once, and with each question after that',
  );
  await stage.reload('port = 1000\nlevel = "warn"');
  assert.deepEqual(stage.told[1]?.change, { changed: ['port'], needRestart: [] });
});

test('a flag goes on to count more than the file', async () => {
  const file = join(folder, 'flags.toml');
  writeFileSync(file, '');
  using stage = await Stage.open('', { sources: { file, flags: { level: 'error' } } });
  writeFileSync(file, 'level = "debug"');
  await stage.watch.reload();
  assert.deepEqual(stage.told, []);
});

test('a mistake anywhere in the file leaves everything as it was', async () => {
  using stage = await Stage.open('level = "info"');
  const before = stage.watch.current;
  for (const text of ['level = "debug"\nport = "x"', 'level = "debug"\nlevle = 1', 'level = '])
    await stage.reload(text);
  unlinkSync(stage.file);
  await stage.watch.reload();
  assert.deepEqual(stage.problems.map(codeOf), [
    'CONFIG_INVALID',
    'CONFIG_INVALID',
    'CONFIG_SYNTAX',
    'CONFIG_UNREADABLE',
  ]);
  assert.equal(stage.watch.current, before);
  assert.deepEqual(stage.told, []);
});

test('a file that need not be there is missed when it was, and nothing falls back to its default', async () => {
  const file = join(folder, 'optional.toml');
  using stage = await Stage.open('', { sources: { file, env: {}, flags: {}, isFileOptional: true } });
  await stage.watch.reload();
  assert.deepEqual([stage.problems, stage.same.length], [[], 1]);
  writeFileSync(file, 'level = "debug"');
  await stage.watch.reload();
  unlinkSync(file);
  await stage.watch.reload();
  assert.deepEqual([stage.problems.map(codeOf), stage.watch.current.value.level], [['CONFIG_UNREADABLE'], 'debug']);
  writeFileSync(file, 'level = "warn"');
  await stage.watch.reload();
  assert.equal(stage.watch.current.value.level, 'warn');
});

test('a file that is right again counts after a mistake', async () => {
  using stage = await Stage.open('');
  await stage.reload('level = ');
  await stage.reload('level = "debug"');
  assert.equal(stage.watch.current.value.level, 'debug');
});

test('a change that only makes sense after a restart does not count by halves', async () => {
  using stage = await Stage.open('port = 1');
  await stage.reload('port = 2\nlevel = "debug"\nnames = ["a"]');
  assert.deepEqual(stage.problems.map(codeOf), ['CONFIG_INVALID']);
  assert.match(messageOf(stage.problems[0]), /after a restart/);
  assert.deepEqual(stage.watch.current.value, { port: 1, level: 'info', names: [] });
});

test('a receiver that throws keeps the old configuration, and gets the new one again with the next reload', async () => {
  using stage = await Stage.open('');
  stage.refusal = new Error('no');
  await stage.reload('level = "debug"');
  assert.deepEqual([stage.problems, stage.watch.current.value.level], [[stage.refusal], 'info']);
  stage.refusal = null;
  await stage.watch.reload();
  assert.deepEqual(stage.told[0]?.change.changed, ['level']);
});

test('reloads never overlap, and one that is asked for during another sees the newest file', async () => {
  let isBusy = false;
  const levels: string[] = [];
  const gate = Promise.withResolvers<void>();
  using stage = await Stage.open('', {
    onChange: async ({ value }) => {
      assert.equal(isBusy, false);
      isBusy = true;
      levels.push(value.level);
      await gate.promise;
      isBusy = false;
    },
  });
  stage.write('level = "a"');
  const first = stage.watch.reload();
  const second = first.then(() => stage.watch.reload());
  stage.write('level = "b"');
  const third = stage.watch.reload();
  assert.equal(stage.watch.reload(), third, 'those who ask meanwhile share one reload');
  gate.resolve();
  await Promise.all([first, second, third]);
  assert.equal(levels.at(-1), 'b');
  assert.deepEqual(stage.problems, []);
});

test('only events of the file count, of a volume link, and those without a name', async () => {
  using stage = await Stage.open('');
  stage.emit('other.toml');
  stage.emit('.0.toml.swp');
  assert.equal(stage.clock.delay, null);
  for (const name of [stage.file.slice(folder.length + 1), '..data', null]) {
    stage.emit(name);
    assert.notEqual(stage.clock.delay, null);
    stage.clock.fire();
    await stage.watch.reload();
  }
});

test('the file is read when the folder has been quiet, and no later than 2 seconds after the first event', async () => {
  using stage = await Stage.open('');
  stage.emit(null);
  assert.equal(stage.clock.delay, 200);
  stage.clock.pass(150);
  stage.emit(null);
  assert.equal(stage.clock.delay, 200);
  stage.clock.pass(1800);
  stage.emit(null);
  assert.equal(stage.clock.delay, 50);
  stage.write('level = "debug"');
  stage.clock.fire();
  await stage.watch.reload();
  assert.equal(stage.told.length, 1);
  stage.emit(null);
  assert.equal(stage.clock.delay, 200, 'the next change has its own time');
});

test('after disposing nothing is watched, read or told', async () => {
  const stage = await Stage.open('');
  stage.emit(null);
  stage.write('level = "debug"');
  const late = stage.watch.reload();
  stage[Symbol.dispose]();
  await late;
  await stage.watch.reload();
  stage.emit(null);
  assert.deepEqual([stage.isWatched, stage.clock.delay, stage.told, stage.problems], [false, null, [], []]);
});

test('a folder that cannot be watched is a problem, and reload works all the same', async () => {
  using stage = await Stage.open('', {
    watchFolder: () => {
      throw new Error('too many watches');
    },
  });
  stage.clock.fire();
  assert.deepEqual(stage.problems.map(codeOf), ['CONFIG_UNREADABLE']);
  await stage.reload('level = "debug"');
  assert.equal(stage.told.length, 1);
});

test('a file that is put in the place of the old one on a real disk is noticed', async () => {
  const file = join(folder, 'real.toml');
  writeFileSync(file, 'level = "info"');
  const sources = { file };
  const changed = Promise.withResolvers<string>();
  using _watch = new ConfigWatch({
    schema: sample,
    sources,
    initial: await loadConfig(sample, sources),
    clock: systemClock,
    onChange: ({ value }) => changed.resolve(value.level),
    onSame: () => {},
    onProblem: changed.reject,
  });
  writeFileSync(`${file}.new`, 'level = "debug"');
  renameSync(`${file}.new`, file);
  assert.equal(await changed.promise, 'debug');
});
