/** Digests over the platform's OpenSSL: one-shot calls, the fastest form for small inputs. */
import { hash } from 'node:crypto';
import type { Digests } from '../base/digests.ts';
import { plainBytes } from './plain-bytes.ts';

export const nodeDigests: Digests = {
  sha1: (data) => plainBytes(hash('sha1', data, 'buffer')),
  sha256: (data) => plainBytes(hash('sha256', data, 'buffer')),
};
