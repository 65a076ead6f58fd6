/** Errors of keys that are known beforehand. */
import { errorsOf } from '../../base/errors.ts';

export const pinErrors = {
  PIN_MISMATCH: {
    category: 'security',
    help: 'The other side has shown a certificate whose key is not the one expected: it is another peer, or somebody stands between. Nothing was sent to it. Compare fingerprints over another channel (`dst tls show FILE`).',
  },
} as const;

export const pinError: ReturnType<typeof errorsOf<typeof pinErrors>> = errorsOf(pinErrors);
