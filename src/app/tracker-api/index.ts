/** Door of the tracker's API. */
export { trackerApi } from './api.ts';
export { apiErrors } from './errors.ts';
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
