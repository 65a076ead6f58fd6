/** Door of the tracker as a service. */
export { stateDirectory } from '../paths.ts';
export { trackerRecord } from './dns-record.ts';
export { parseSwarmsUrl } from './redis/swarms-url.ts';
export { TrackerServer } from './tracker-server.ts';
