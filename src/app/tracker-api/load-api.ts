import type { ControlHandler, TrackerService } from './service.ts';
import type { ApiOptions } from './v1/api-v1.ts';

/**
 * Makes the API of a tracker. Only now is loaded what it is made of: 70 MiB, which the other threads of the tracker and
 * the command line do not need.
 */
export async function trackerApi(service: TrackerService, options: ApiOptions = {}): Promise<ControlHandler> {
  const api = await import('./api.ts');
  return api.trackerApi(service, options);
}
