import { createHash } from 'node:crypto';

/** Content-Security-Policy that lets a browser use the one style sheet of a page and nothing else. */
export const pagePolicy = (style: string): string =>
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'`;
