import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import { DstError } from '../../base/errors.ts';
import type { ConfigProblem } from './config-problems.ts';
import type { ConfigSchema } from './config-schema.ts';
import { type ConfigSources, loadConfig } from './load-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'dst-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'test.toml');

/** The path of a file with this text. */
function fileWith(text: string | Uint8Array): string {
  writeFileSync(path, text);
  return path;
}

interface Sample {
  readonly port: number;
  readonly names: readonly string[];
  readonly isQuiet: boolean;
  readonly mode: 'fast' | 'slow';
  readonly limit: number | null;
  readonly store: string | null;
  readonly api: { readonly port: number; readonly origin: string };
}

const sample: ConfigSchema<Sample> = z
  .object({
    port: z.number().int().min(1).max(65535).default(80).describe('Port.'),
    names: z.array(z.string().min(2)).default([]).describe('Names.'),
    isQuiet: z.boolean().default(false).describe('Whether it is quiet.'),
    mode: z.enum(['fast', 'slow']).default('fast').describe('Mode.'),
    limit: z.number().nullable().default(null).describe('Limit.'),
    store: z.string().min(8).nullable().default(null).describe('Store.').meta({ secret: true, alias: 'OLD_STORE' }),
    api: z.object({
      port: z.number().int().default(8080).describe('Port of the API.'),
      origin: z.string().default('').describe('Origin.'),
    }),
  })
  .refine(({ port, api }) => port !== api.port, { path: ['api', 'port'], message: 'it is the same as port' })
  .meta({ environment: 'APP_' });

async function failureOf(sources: ConfigSources<Sample>): Promise<DstError> {
  const error: unknown = await loadConfig(sample, sources).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof DstError, `expected a DstError, not ${String(error)}`);
  return error;
}

async function problemsOf(sources: ConfigSources<Sample>): Promise<readonly ConfigProblem[]> {
  const error = await failureOf(sources);
  assert.equal(error.code, 'CONFIG_INVALID');
  return error.details['problems'] as readonly ConfigProblem[];
}

test('without any source all values are the defaults', async () => {
  const { value, originOf } = await loadConfig(sample, {});
  assert.deepEqual(value, {
    port: 80,
    names: [],
    isQuiet: false,
    mode: 'fast',
    limit: null,
    store: null,
    api: { port: 8080, origin: '' },
  });
  assert.equal(originOf('port'), 'default');
  assert.equal(originOf('api.port'), 'default');
});

test('a flag counts more than the environment, that more than the file, and that more than the default', async () => {
  const file = fileWith('port = 1\nmode = "slow"\nlimit = 1\n[api]\nport = 1000\n');
  const env = { APP_PORT: '2', APP_LIMIT: '2.5' };
  const { value, originOf } = await loadConfig(sample, { file, env, flags: { port: 3 } });
  assert.deepEqual([value.port, value.limit, value.mode, value.api.port, value.isQuiet], [3, 2.5, 'slow', 1000, false]);
  assert.deepEqual(
    ['port', 'limit', 'mode', 'api.port', 'isQuiet'].map((key) => originOf(key)),
    ['flag', 'environment', 'file', 'file', 'default'],
  );
});

test('the origin of a key that does not exist is a mistake of the caller', async () => {
  const { originOf } = await loadConfig(sample, {});
  assert.throws(() => originOf('prot'), RangeError);
});

test('the environment writes a list with commas, a truth as true, false, 1 or 0, and a section in front of the key', async () => {
  const env = { APP_NAMES: 'one, two ,,three', APP_IS_QUIET: '1', APP_API_ORIGIN: 'x' };
  const { value } = await loadConfig(sample, { env });
  assert.deepEqual([value.names, value.isQuiet, value.api.origin], [['one', 'two', 'three'], true, 'x']);
});

test('an empty variable counts as not set', async () => {
  const { value, originOf } = await loadConfig(sample, { file: fileWith('port = 7'), env: { APP_PORT: '' } });
  assert.deepEqual([value.port, originOf('port')], [7, 'file']);
});

test('an alias of a variable works, and the variable itself counts more', async () => {
  const alone = await loadConfig(sample, { env: { OLD_STORE: 'old-store' } });
  assert.equal(alone.value.store, 'old-store');
  const both = await loadConfig(sample, { env: { OLD_STORE: 'old-store', APP_STORE: 'new-store' } });
  assert.equal(both.value.store, 'new-store');
});

test('an undefined flag says nothing', async () => {
  const { value, originOf } = await loadConfig(sample, { flags: { port: undefined, api: { port: 1 } } });
  assert.deepEqual([value.port, originOf('port'), originOf('api.port')], [80, 'default', 'flag']);
});

test('all problems of all layers are told at once, with place, given value and what is allowed', async () => {
  const file = fileWith('port = "x"\nprot = 1\n[api]\nport = 1.5');
  const problems = await problemsOf({ file, env: { APP_MODE: 'quick', APP_NAMES: 'ok,x' }, flags: { port: 0 } });
  assert.deepEqual(
    problems.map(({ key, place, given, allowed }) => [key, place, given, allowed]),
    [
      ['prot', path, null, 'there is no such key'],
      ['port', path, '"x"', 'it must be: whole number from 1 to 65535, such as 80'],
      ['port', 'flags', '0', 'it must be: whole number from 1 to 65535, such as 80'],
      ['names', 'APP_NAMES', '"x"', 'it must be: list: text'],
      ['mode', 'APP_MODE', '"quick"', 'it must be: fast or slow'],
      ['api.port', path, '1.5', 'it must be: whole number, such as 8080'],
    ],
  );
});

test('a mistake in the file shows even where a flag hides the value', async () => {
  assert.equal((await problemsOf({ file: fileWith('port = "x"'), flags: { port: 5 } }))[0]?.place, path);
});

test('an unknown key or variable suggests the nearest one', async () => {
  const file = fileWith('is-quiet = true\n[api]\nprot = 1');
  const problems = await problemsOf({ file, env: { APP_PROT: '1' } });
  assert.deepEqual(
    problems.map(({ key, suggestion }) => [key, suggestion]),
    [
      ['is-quiet', 'isQuiet'],
      ['api.prot', 'api.port'],
      ['APP_PROT', 'APP_PORT'],
    ],
  );
});

test('a section that is no table is refused', async () => {
  assert.deepEqual(
    (await problemsOf({ file: fileWith('api = 5') })).map(({ key, allowed }) => [key, allowed]),
    [['api', 'it must be a table of keys']],
  );
});

test('what only the whole can show is told after all values are right', async () => {
  const [problem] = await problemsOf({ flags: { port: 8080 } });
  assert.deepEqual([problem?.key, problem?.allowed], ['api.port', 'it is the same as port']);
});

test('variables that Kubernetes makes of a service with the name of the program are no settings', async () => {
  const env = {
    APP_PORT: 'tcp://10.0.0.1:80',
    APP_PORT_80_TCP: 'tcp://10.0.0.1:80',
    APP_PORT_80_TCP_ADDR: '10.0.0.1',
    APP_SERVICE_HOST: '10.0.0.1',
    APP_SERVICE_PORT_HTTP: '80',
  };
  assert.equal((await loadConfig(sample, { env })).originOf('port'), 'default');
});

test('neither a wrong secret nor the value of an unknown key is repeated', async () => {
  const file = fileWith('store = "hunter2"\nstroe = "hunter2"');
  const error = await failureOf({ file, env: { APP_STROE: 'hunter2', APP_STORE: 'hunter2' } });
  assert.equal(error.code, 'CONFIG_INVALID');
  assert.doesNotMatch(`${error.message} ${JSON.stringify(error.details)}`, /hunter2/);
});

test('a syntax error has line and column and does not repeat the line', async () => {
  const error = await failureOf({ file: fileWith('port = 1\nstore = "hunter2" oops\n') });
  assert.equal(error.code, 'CONFIG_SYNTAX');
  assert.deepEqual([error.details['line'], typeof error.details['column']], [2, 'number']);
  assert.match(error.message, /line 2, column \d+: \w+/);
  assert.doesNotMatch(`${error.message} ${JSON.stringify(error.details)} ${String(error.cause)}`, /hunter2/);
});

test('a file that is not UTF-8 is a syntax error, and a byte order mark is none', async () => {
  assert.equal((await failureOf({ file: fileWith(Uint8Array.of(0x70, 0xff)) })).code, 'CONFIG_SYNTAX');
  assert.equal((await loadConfig(sample, { file: fileWith('\ufeffport = 4') })).value.port, 4);
});

test('a file that is missing, a folder or too large is unreadable', async () => {
  for (const file of [join(folder, 'none.toml'), folder, fileWith(`#${'x'.repeat(1024 * 1024)}`)]) {
    const error = await failureOf({ file });
    assert.equal(error.code, 'CONFIG_UNREADABLE');
    assert.ok(error.message.startsWith(file));
  }
});

test('a file of exactly 1 MiB is read', async () => {
  const text = 'port = 9\n#';
  const { value } = await loadConfig(sample, { file: fileWith(text + 'x'.repeat(1024 * 1024 - text.length)) });
  assert.equal(value.port, 9);
});

test('an endless device is refused like a large file', { skip: process.platform === 'win32' }, async () => {
  assert.equal((await failureOf({ file: '/dev/zero' })).code, 'CONFIG_UNREADABLE');
});

test('an aborted signal ends reading with its reason', async () => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(loadConfig(sample, { file: fileWith('') }, { signal }), (error) => error === reason);
});

test('a file full of unknown keys gives a short error', async () => {
  const text = Array.from({ length: 20_000 }, (_, i) => `key${i} = 1`).join('\n');
  const error = await failureOf({ file: fileWith(text) });
  assert.ok(error.message.length < 5000);
  assert.equal((error.details['problems'] as unknown[]).length, 100);
});

test('control characters of a key or value do not reach the words of the error', async () => {
  const error = await failureOf({ file: fileWith('"a\\u001bb" = 1\nmode = "x\\u001b[31m\\u202e"') });
  assert.doesNotMatch(error.message, /[\u001b\u202e]/);
});

test('garbage in a file throws nothing but the documented errors', async () => {
  const scrap = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom('port', '=', '\n', '[', ']', '"', '1', '[api]', '{', '}', ',', "'''", '.', '__proto__')),
  );
  await fc.assert(
    fc.asyncProperty(scrap, async (parts) => {
      const file = fileWith(typeof parts === 'string' ? parts : parts.join(''));
      try {
        await loadConfig(sample, { file });
      } catch (error) {
        assert.ok(error instanceof DstError && /^CONFIG_(?:SYNTAX|INVALID)$/.test(error.code), String(error));
      }
    }),
  );
});

test('garbage in the environment throws nothing but CONFIG_INVALID', async () => {
  const names = fc.constantFrom('APP_PORT', 'APP_NAMES', 'APP_IS_QUIET', 'APP_LIMIT', 'APP_API_PORT', 'APP_', 'APP_X');
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, fc.string({ unit: 'grapheme' })), async (env) => {
      try {
        await loadConfig(sample, { env });
      } catch (error) {
        assert.ok(error instanceof DstError && error.code === 'CONFIG_INVALID', String(error));
      }
    }),
  );
});
