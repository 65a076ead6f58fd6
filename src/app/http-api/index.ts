/** Door of what all APIs over HTTP have in common. Nothing of it loads a web framework. */
export { hashOfSecret, newToken, tokenIn } from './bearer-token.ts';
export { apiError, apiErrors } from './errors.ts';
export { isOurHost, isSameOrigin } from './host-guard.ts';
export { refuseCodedBodies } from './coded-bodies.ts';
export { addNotFound } from './not-found.ts';
export { pagePolicy } from './page-policy.ts';
export { escapeHtml } from './escape-html.ts';
export {
  explained,
  type PlainAnswer,
  type Problem,
  problemAnswer,
  problemOf,
  RETRY_AFTER,
  sendProblem,
} from './problem.ts';
export { safeHeaders } from './safe-headers.ts';
