/** Door of the leak test: by which interface the traffic of torrents would leave. */
export { readClientInterface } from './client-interface.ts';
export { type LeakRow, LOOK_UPS } from './leak-row.ts';
export { type LeakReport, testLeaks } from './leak-test.ts';
