/** Door of the configuration: schemas, layers, reload, and the page that documents the keys. */
export { clientConfig, type ClientConfig } from './client-config.ts';
export { PLACE } from './config-values.ts';
export { type AcceptConfig, ConfigStore, type ConfigStoreOptions } from './config-store.ts';
export { type ConfigSchema, type KeyFacts, type PartialConfig, type SchemaFacts } from './config-schema.ts';
export type { ConfigProblem } from './config-problems.ts';
export { type ConfigChange, ConfigWatch, type ConfigWatchOptions, type WatchFolder } from './config-watch.ts';
export { configPage, type ConfigRow, describeConfig, shownValue } from './describe-config.ts';
export { configErrors } from './errors.ts';
export { type ConfigOrigin, type ConfigSources, loadConfig, type LoadedConfig } from './load-config.ts';
export { valueOfWords } from './key-values.ts';
export { changeOwnConfig, loadOwnConfig } from './own-config.ts';
export { trackerConfig, type TrackerConfig } from './tracker-config.ts';
