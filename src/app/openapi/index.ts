/** Door of what describes an API: schemas of common values, and OpenAPI made of all of them. */
export { type ApiDescription, openApi } from './openapi.ts';
export { errorAnswer, expiry, line, LONGEST_NAME, name, nothing, requireFuture, seconds } from './values.ts';
