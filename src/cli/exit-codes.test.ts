import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DstError, type ErrorCategory } from '../base/errors.ts';
import { cliError } from './errors.ts';
import { exitCodeOf } from './exit-codes.ts';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });
const errorOf = (code: string, category: ErrorCategory, cause?: unknown): DstError =>
  new DstError(code, { category, help: '' }, 'words', { cause });

test('each category has its exit code', () => {
  const cases: [ErrorCategory, number][] = [
    ['usage', 2],
    ['network', 5],
    ['protocol', 5],
    ['integrity', 6],
    ['storage', 8],
    ['security', 12],
    ['internal', 1],
  ];
  for (const [category, code] of cases) assert.equal(exitCodeOf(errorOf('X', category)), code);
});

test('a torrent or magnet link that breaks a rule is corrupt data', () => {
  assert.equal(exitCodeOf(errorOf('METAINFO_X', 'integrity')), 6);
  assert.equal(exitCodeOf(errorOf('MAGNET_X', 'usage')), 6);
});

test('the system error behind an error decides: missing, forbidden, existing', () => {
  const cases: [string, number][] = [
    ['ENOENT', 3],
    ['EACCES', 4],
    ['EPERM', 4],
    ['EEXIST', 9],
    ['ENOSPC', 8],
  ];
  for (const [system, code] of cases) {
    assert.equal(exitCodeOf(errorOf('STORAGE_X', 'storage', systemError(system))), code);
    assert.equal(exitCodeOf(errorOf('STORAGE_X', 'storage', new Error('outer', { cause: systemError(system) }))), code);
  }
});

test('a code deep in the causes decides too', () => {
  const denied = errorOf('ENGINE_STORAGE_FAILED', 'storage', errorOf('STORAGE_ACCESS_DENIED', 'storage'));
  assert.equal(exitCodeOf(denied), 4);
});

test('existing output, unfinished downloads and unknown errors have codes of their own', () => {
  assert.equal(exitCodeOf(cliError('OUTPUT_EXISTS', 'x')), 9);
  assert.equal(exitCodeOf(cliError('SEED_INCOMPLETE', 'x')), 7);
  assert.equal(exitCodeOf(new TypeError('defect')), 1);
  assert.equal(exitCodeOf('text'), 1);
});

test('a daemon that is not there, that does not know, and that does not let one have codes of their own', () => {
  const cases: [code: string, exitCode: number][] = [
    ['DAEMON_UNREACHABLE', 11],
    ['TORRENT_UNKNOWN', 3],
    ['API_NOT_FOUND', 3],
    ['CLIENT_NO_SUCH_FILE', 3],
    ['API_TOKEN_MISSING', 4],
    ['API_SCOPE_MISSING', 4],
    ['CLIENT_PATH_REFUSED', 4],
    ['ACCESS_NAME_TAKEN', 9],
    ['TORRENT_STOPPED', 7],
    ['CLIENT_NOT_RUNNING', 7],
    ['CLIENT_NO_TRACKER', 7],
  ];
  for (const [code, exitCode] of cases) assert.equal(exitCodeOf(errorOf(code, 'security')), exitCode, code);
});

test('what is locked, what is badly signed and what is damaged are told apart', () => {
  const cases: [code: string, category: ErrorCategory, exitCode: number][] = [
    ['SEALED_NO_KEY', 'security', 13],
    ['SEALED_PASSPHRASE', 'security', 13],
    ['KEY_PASSPHRASE', 'security', 13],
    ['SEALED_SIGNATURE', 'security', 14],
    ['SIGNATURE_FORGED', 'security', 14],
    ['SIGNATURE_MISMATCH', 'integrity', 14],
    ['SEALED_DAMAGED', 'integrity', 6],
    ['SEALED_COST', 'security', 12],
  ];
  for (const [code, category, exitCode] of cases) assert.equal(exitCodeOf(errorOf(code, category)), exitCode, code);
});
