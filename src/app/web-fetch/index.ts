/** Door of requests to web addresses that others named. */
export { webFetchErrors } from './errors.ts';
export { refusedAddress, webFetch, type WebFetchOptions, type WebRequest, type WebResponse } from './web-fetch.ts';
