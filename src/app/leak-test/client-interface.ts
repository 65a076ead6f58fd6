/** What the configuration of the client says of the interface or the addresses of torrents. */
import { clientConfig, loadConfig } from '../config/index.ts';
import { configFile } from '../paths/index.ts';

export interface ClientInterface {
  readonly interface: string | null;
  readonly bind: readonly string[];
  readonly nameServers: readonly string[];
}

/** Of this file, or of the daemon's where there is one (null), and of the environment. Rejects CONFIG_*. */
export async function readClientInterface(file: string | null, signal: AbortSignal): Promise<ClientInterface> {
  const sources = { file: file ?? configFile(), isFileOptional: file === null, env: process.env };
  const { value } = await loadConfig(clientConfig, sources, { signal });
  return value.peers;
}
