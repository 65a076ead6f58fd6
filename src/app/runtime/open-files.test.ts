import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const module = new URL('open-files.ts', import.meta.url).href;
const program = `import { mostOpenFiles } from ${JSON.stringify(module)}; console.log(mostOpenFiles());`;

test('the limit of open files is the one that the system sets for the process', () => {
  const command = 'ulimit -n 123 && exec "$0" --input-type=module --eval "$1"';
  const said = execFileSync('sh', ['-c', command, process.execPath, program], { encoding: 'utf8' });
  assert.equal(said, '123\n');
});
