/** Door of the tracker's API. What is heavy behind it is loaded by `trackerApi` alone. */
export { trackerApi } from './load-api.ts';
export { bodyLimitOf, bodyLimits, busyAnswer } from './request-limits.ts';
export type {
  ControlHandler,
  ControlRequest,
  ControlResponse,
  PeerView,
  TrackerService,
  TrackerStatus,
} from './service.ts';
export { createToken, type Scope, scopes } from './v1/auth.ts';
