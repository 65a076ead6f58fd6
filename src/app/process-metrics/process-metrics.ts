/** The usual numbers of a process for Prometheus (`process_*`, `nodejs_*`), less those whose names break its rules. */
import { collectDefaultMetrics, type Registry } from '@prometheus-io/client';

/** What `promtool check metrics` refuses: gauges that end in `_total`, and names that have their type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
];
/** The longest delay of a timer: the utilization is not measured ten times a second for nobody. */
const NEVER = 2 ** 31 - 1;

export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: NEVER });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
