import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { DstError } from '../../base/errors.ts';
import { dbErrors } from '../../db/index.ts';
import { engineErrors } from '../../engine/index.ts';
import { storageErrors } from '../../storage/index.ts';
import { clientErrors } from '../client/index.ts';
import { configErrors } from '../config/index.ts';
import { apiError, apiErrors } from './errors.ts';
import { problemOf } from './problem.ts';

const dbError = (code: keyof typeof dbErrors, cause?: unknown): DstError =>
  new DstError(code, dbErrors[code], 'its words', { cause });

for (const [code, status] of [
  ['DB_DUPLICATE', 409],
  ['DB_CONSTRAINT', 400],
  ['DB_UNREACHABLE', 503],
  ['DB_BUSY', 503],
] as const) {
  test(`${code} is told with its code and the status ${status}`, () => {
    const problem = problemOf(dbError(code));
    assert.deepEqual([problem.status, problem.code, problem.type], [status, code, 'about:blank']);
  });
}

for (const error of [
  dbError('DB_FULL'),
  dbError('DB_FAILED'),
  new Error('secret'),
  null,
  'secret',
  { statusCode: 500 },
]) {
  test(`of ${inspect(error).split('\n')[0]} nothing is told but that it failed`, () => {
    assert.deepEqual(problemOf(error), {
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      code: 'API_FAILED',
    });
  });
}

test('every error of the configuration is told to who changes it, with its words', () => {
  for (const [code, entry] of Object.entries(configErrors)) {
    const { status, detail, ...told } = problemOf(new DstError(code, entry, 'its words'));
    assert.deepEqual([told.code, detail], [code, 'its words']);
    assert.ok([400, 409].includes(status), `${code}: ${status}`);
  }
});

test('every error of torrents and their files is told with its words, unless it is a defect or of the data itself', () => {
  for (const [code, entry] of Object.entries({ ...clientErrors, ...engineErrors, ...storageErrors })) {
    const { status, ...told } = problemOf(new DstError(code, entry, 'its words'));
    const isSilent = ['internal', 'integrity'].includes(entry.category);
    assert.deepEqual([told.code, told.detail], isSilent ? ['API_FAILED', undefined] : [code, 'its words']);
    assert.equal(status === 500, isSilent, `${code}: ${status}`);
  }
});

test('every error of the API has the status of its table', () => {
  for (const [code, { status }] of Object.entries(apiErrors)) {
    if (status !== 500) assert.equal(problemOf(apiError(code as keyof typeof apiErrors, 'x')).status, status);
  }
});

test('the words of a database are not told, but where they are', () => {
  const away = problemOf(dbError('DB_UNREACHABLE', new Error('connect ECONNREFUSED 192.0.2.1:5432'))).detail;
  assert.equal(away, 'the database cannot be used at present: GET /health says why');
  assert.equal(problemOf(dbError('DB_DUPLICATE', new Error('UNIQUE constraint failed'))).detail, undefined);
});

test('a detail that is too long ends with a whole word', () => {
  const detailOf = (words: string[], between: string): string =>
    problemOf(apiError('API_INVALID', words.join(between))).detail as string;
  for (const [word, between] of [
    ['wörter', ' '],
    ['"field"', '|'],
    ['one', ', '],
  ] as const) {
    const words = Array.from({ length: 300 }, (_, i) => `${word}${i}`);
    const detail = detailOf(words, between);
    assert.ok(detail.length > 280 && detail.length <= 300, detail);
    const kept = detail.slice(0, -1).split(between);
    assert.deepEqual([kept, detail.at(-1)], [words.slice(0, kept.length), '…']);
  }
  assert.equal(detailOf(['x'.repeat(149), 'y'.repeat(150)], ' ').length, 300);
  assert.equal(detailOf(['x'.repeat(149), 'y'.repeat(150)], ' ').at(-1), 'y');
});

test('a detail is one line of a bounded length', () => {
  const { detail } = problemOf(apiError('API_INVALID', `a\r\nb${'x'.repeat(100_000)}`));
  assert.match(detail as string, /^abx{297}…$/);
});
