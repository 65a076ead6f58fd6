/** Door of the leak test: by which interface the traffic of torrents would leave. */
export { readClientInterface } from './client-interface.ts';
export { type LeakReport, type LeakRow, testLeaks } from './leak-test.ts';
