/** Door of the numbers for Prometheus that every process of ours has. */
export { addProcessMetrics } from './process-metrics.ts';
