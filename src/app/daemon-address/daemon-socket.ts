/** The socket at which the daemon of this user listens, without asking it. */
import { readFile } from 'node:fs/promises';
import { configFile, socketPath } from '../paths/index.ts';

/** By `api.socket` of the environment and of the configuration file, else where the platform has it. */
export async function daemonSocket(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return (env['DST_API_SOCKET'] || null) ?? (await configuredSocket(configFile(env))) ?? socketPath(env);
}

/** Null when the file says nothing of it, or nothing that can be read: commands that need no more are not to fail by it. */
async function configuredSocket(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  // All of the configuration takes longer to load than most commands that ask for this.
  if (!text.includes('socket')) return null;
  const { clientConfig, loadConfig } = await import('../config/index.ts');
  const loaded = await loadConfig(clientConfig, { file }).catch(() => null);
  return loaded?.value.api.socket ?? null;
}
