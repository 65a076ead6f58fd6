/** Where the platform keeps an application's state (XDG Base Directory, Apple and Windows conventions). */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** An empty or relative path counts for none (XDG Base Directory). */
const xdg = (path: string | undefined): string | null => (path !== undefined && isAbsolute(path) ? path : null);

/** Folder for resume journals. */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'dst');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'dst');
  return join(xdg(env.XDG_STATE_HOME) ?? join(homedir(), '.local', 'state'), 'dst');
}

/** Folder for keys. */
export function keyDirectory(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (platform === 'darwin' || platform === 'win32') return join(stateDirectory(env, platform), 'keys');
  return join(xdg(env.XDG_DATA_HOME) ?? join(homedir(), '.local', 'share'), 'dst', 'keys');
}

/** Configuration file of the client. */
export function configFile(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (platform === 'darwin' || platform === 'win32') return join(stateDirectory(env, platform), 'config.toml');
  return join(xdg(env.XDG_CONFIG_HOME) ?? join(homedir(), '.config'), 'dst', 'config.toml');
}

/** Folder for what the daemon keeps, unless the configuration names another. */
export const daemonDirectory = (env: NodeJS.ProcessEnv = process.env): string => join(stateDirectory(env), 'daemon');

/** Socket by which the command line speaks to the daemon of the same user; on Windows a named pipe. */
export function socketPath(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  if (platform === 'win32') return `\\\\.\\pipe\\dst-${env.USERNAME ?? 'user'}`;
  return join(xdg(env.XDG_RUNTIME_DIR) ?? stateDirectory(env, platform), 'dst.sock');
}
