/**
 * Padmé (Nikitin et al., "Reducing metadata leakage from encrypted files", 2019, §4): lengths are rounded up so that
 * only their magnitude is told, for 12 % at the most, and less for larger files.
 */
import type { ByteCount } from '../../base/units.ts';

export function paddedLength(length: ByteCount): ByteCount {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const unit = 2 ** (exponent - kept);
  return exponent <= kept ? length : Math.ceil(length / unit) * unit;
}
