/** Door of what describes an API: schemas of common values, what checks by them, and OpenAPI made of all of them. */
export { type ApiDescription, openApi } from './openapi.ts';
export { zodCompilers } from './zod-compilers.ts';
export {
  errorAnswer,
  expiry,
  line,
  LONGEST_NAME,
  name,
  nothing,
  requireFuture,
  seconds,
  wholeNumber,
} from './values.ts';
