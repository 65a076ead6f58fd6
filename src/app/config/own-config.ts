/** The client's configuration of this user, for commands that need no running client. */
import { systemClock } from '../../base/clock.ts';
import { configFile } from '../paths/index.ts';
import { clientConfig, type ClientConfig } from './client-config.ts';
import { ConfigStore } from './config-store.ts';
import type { ConfigChange } from './config-watch.ts';
import { type ConfigSources, loadConfig, type LoadedConfig } from './load-config.ts';

type OwnSources = ConfigSources<ClientConfig> & { readonly file: string };

/** `file`: another one than the client's own (null), and then it has to be there to be read. */
const sourcesOf = (file: string | null): OwnSources => ({
  file: file ?? configFile(),
  isFileOptional: file === null,
  env: process.env,
});

/** Of the file and the environment. Rejects CONFIG_*. */
export const loadOwnConfig = (file: string | null): Promise<LoadedConfig<ClientConfig>> =>
  loadConfig(clientConfig, sourcesOf(file));

/** Writes values by key into the file, null takes one out; all or none. Rejects CONFIG_*. */
export async function changeOwnConfig(
  file: string | null,
  values: Readonly<Record<string, unknown>>,
): Promise<ConfigChange> {
  const sources = { ...sourcesOf(file), isFileOptional: true };
  using store = new ConfigStore({
    schema: clientConfig,
    sources,
    initial: await loadConfig(clientConfig, sources),
    clock: systemClock,
    onChange: () => {},
    onProblem: () => {},
    // Nobody is here long enough to see another change.
    watchFolder: () => ({ [Symbol.dispose]: () => {} }),
  });
  return await store.set(values);
}
