/** Door of the tracker's API. */
export { trackerApi } from './api.ts';
export type { ControlHandler, ControlRequest, ControlResponse, TrackerService, TrackerStatus } from './service.ts';
