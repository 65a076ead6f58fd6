import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keyDirectory, stateDirectory } from './paths.ts';

test('state and keys are where each platform keeps such things', () => {
  const home = homedir();
  assert.equal(stateDirectory({}, 'linux'), join(home, '.local', 'state', 'dst'));
  assert.equal(keyDirectory({}, 'linux'), join(home, '.local', 'share', 'dst', 'keys'));
  assert.equal(keyDirectory({ XDG_DATA_HOME: '/data' }, 'linux'), join('/data', 'dst', 'keys'));
  assert.equal(keyDirectory({}, 'darwin'), join(home, 'Library', 'Application Support', 'dst', 'keys'));
  assert.equal(keyDirectory({ LOCALAPPDATA: 'local' }, 'win32'), join('local', 'dst', 'keys'));
});
