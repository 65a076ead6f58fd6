/** Where the platform keeps an application's state (XDG Base Directory, Apple and Windows conventions). */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder for resume journals. */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'dst');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'dst');
  return join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'dst');
}

/** Folder for keys. */
export function keyDirectory(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (platform === 'darwin' || platform === 'win32') return join(stateDirectory(env, platform), 'keys');
  return join(env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'dst', 'keys');
}
