/** Door of the tracker's API. What is heavy behind it is loaded by `trackerApi` alone. */
export { apiErrors } from './errors.ts';
export { trackerApi } from './load-api.ts';
export { type BodyLimit, bodyLimitOf, bodyLimits, busyAnswer } from './request-limits.ts';
export type {
  ControlHandler,
  ControlRequest,
  ControlResponse,
  PeerView,
  TrackerService,
  TrackerStatus,
} from './service.ts';
export type { ApiOptions } from './v1/api-v1.ts';
export { createToken, type NewToken, type Scope, scopes, type TokenSettings } from './v1/auth.ts';
