import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DstError } from '../../base/errors.ts';
import { outputLogger } from './output-logger.ts';
import { Output } from './output.ts';

test('an error in a field is told in its words and its code, escaped, and secrets are not told', () => {
  class Kept extends Output {
    readonly told: string[] = [];
    override warn(text: string): void {
      this.told.push(text);
    }
  }
  const output = new Kept({ json: false, quiet: false, verbose: false, color: false });
  const error = new DstError('CONFIG_SYNTAX', { category: 'usage', help: '' }, 'a.toml: \x1b', {
    details: { line: 1 },
  });
  outputLogger(output).error('configuration not changed', { error, count: 2 });
  outputLogger(output).warn('failed', { error: new TypeError('no') });
  outputLogger(output).warn('failed', { who: undefined, count: 0 });
  outputLogger(output).warn('failed', { tracker: 'http://t.example/announce/SECRET' });
  assert.deepEqual(output.told, [
    String.raw`configuration not changed error=a.toml: \x1b (CONFIG_SYNTAX) count=2`,
    'failed error=no (UNEXPECTED)',
    'failed count=0',
    'failed tracker=http://t.example/announce/[redacted]',
  ]);
});
