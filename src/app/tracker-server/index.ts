/** Door of the tracker as a service. */
export { ConfiguredTracker, loadTrackerConfig, storageOf } from './configured-tracker.ts';
export { trackerRecord } from './dns-record.ts';
export { trackerServerErrors } from './errors.ts';
export { TrackerServer } from './tracker-server.ts';
export { openTrackerDatabase } from './state/tracker-state.ts';
