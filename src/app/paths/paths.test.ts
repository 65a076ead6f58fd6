import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configFile, keyDirectory, socketPath, stateDirectory } from './paths.ts';

test('state and keys are where each platform keeps such things', () => {
  const home = homedir();
  assert.equal(stateDirectory({}, 'linux'), join(home, '.local', 'state', 'dst'));
  assert.equal(keyDirectory({}, 'linux'), join(home, '.local', 'share', 'dst', 'keys'));
  assert.equal(keyDirectory({ XDG_DATA_HOME: '/data' }, 'linux'), join('/data', 'dst', 'keys'));
  assert.equal(keyDirectory({}, 'darwin'), join(home, 'Library', 'Application Support', 'dst', 'keys'));
  assert.equal(keyDirectory({ LOCALAPPDATA: 'local' }, 'win32'), join('local', 'dst', 'keys'));
});

test('an empty or relative path of the environment counts for none', () => {
  for (const path of ['', 'here']) {
    assert.equal(stateDirectory({ XDG_STATE_HOME: path }, 'linux'), stateDirectory({}, 'linux'));
    assert.equal(configFile({ XDG_CONFIG_HOME: path }, 'linux'), configFile({}, 'linux'));
    assert.equal(socketPath({ XDG_RUNTIME_DIR: path }, 'linux'), socketPath({}, 'linux'));
  }
});
