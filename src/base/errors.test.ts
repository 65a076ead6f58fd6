import assert from 'node:assert/strict';
import test from 'node:test';
import { codeOf, DstError, errorsOf, messageOf } from './errors.ts';

const fail = errorsOf({
  DISK_FULL: { category: 'storage', retryable: true, help: 'Make room.' },
  BAD_NAME: { category: 'usage', help: 'Choose another.' },
});

test('an error carries the code, category and retryability of its table entry', () => {
  const error = fail('DISK_FULL', 'no space left on /data', { details: { file: 'a' } });
  assert.ok(error instanceof DstError);
  assert.ok(error instanceof Error);
  assert.deepEqual(
    [error.name, error.code, error.category, error.isRetryable, error.message, error.details],
    ['DstError', 'DISK_FULL', 'storage', true, 'no space left on /data', { file: 'a' }],
  );
});

test('an error without the mark is not retryable and has no details', () => {
  const error = fail('BAD_NAME', 'no');
  assert.equal(error.isRetryable, false);
  assert.deepEqual(error.details, {});
});

test('a cause is kept, and without one there is no such property', () => {
  const cause = new Error('EIO');
  assert.equal(fail('DISK_FULL', 'x', { cause }).cause, cause);
  assert.equal('cause' in fail('DISK_FULL', 'x'), false);
});

test('codeOf reads the code of a DstError and of a system error, and of nothing else', () => {
  assert.equal(codeOf(fail('BAD_NAME', 'x')), 'BAD_NAME');
  assert.equal(codeOf(Object.assign(new Error('x'), { code: 'ENOSPC' })), 'ENOSPC');
  for (const thrown of [new Error('x'), { code: 5 }, null, undefined, 'ENOSPC', 7]) assert.equal(codeOf(thrown), null);
});

test('messageOf finds words for any thrown value', () => {
  assert.equal(messageOf(new Error('words')), 'words');
  assert.equal(messageOf('words'), 'words');
  assert.equal(messageOf(undefined), 'undefined');
});

test('an error that has no words itself is told by those of its parts, or by its code', () => {
  const parts = ['ECONNREFUSED ::1:5432', 'ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED ::1:5432'].map(
    (text) => new Error(text),
  );
  assert.equal(messageOf(new AggregateError(parts)), 'ECONNREFUSED ::1:5432; ECONNREFUSED 127.0.0.1:5432');
  assert.equal(messageOf(new AggregateError(parts, 'nobody answers')), 'nobody answers');
  assert.equal(messageOf(Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' })), 'ETIMEDOUT');
  assert.equal(messageOf(new TypeError()), 'TypeError');
});
