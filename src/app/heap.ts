/**
 * V8 lets the nursery of its heap grow to 2 × 16 MiB and never gives it back. A program that moves bytes makes little
 * garbage: with a nursery that stays small it holds 15 to 50 MB less and is no slower (measured).
 */
import { setFlagsFromString } from 'node:v8';

/** Keeps the memory of this process small. For programs, not for libraries: it holds for the whole process. */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
