/** Tokens for APIs (RFC 6750): `dst_` and 256 bits of chance in base64url. Only their SHA-256 is kept. */
import { utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import { nodeDigests } from '../../crypto/digests.ts';

/** Bytes of chance in a token: 43 characters of base64url. */
const TOKEN_BYTES = 32;

export const newToken = (random: Pick<Random, 'bytes'>): string =>
  `dst_${Buffer.from(random.bytes(TOKEN_BYTES)).toString('base64url')}`;

/** What is kept of a secret: SHA-256 of its text. */
export const hashOfSecret = (secret: string): Uint8Array => nodeDigests.sha256(utf8(secret));

/** The token in a header Authorization, be it valid or not; null when it has the form of none. */
export const tokenIn = (header = ''): string | null => /^bearer +(dst_[\w-]{43})$/i.exec(header)?.[1] ?? null;
