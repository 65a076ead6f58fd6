/** Peers given by hand that the daemon does not dial. */
import { escapeText } from '../ui/escape.ts';
import type { Output } from '../ui/output.ts';

export interface RefusedPeer {
  readonly peer: string;
  readonly reason: string;
}

export function warnOfRefused(output: Output, refused: readonly RefusedPeer[]): void {
  for (const { peer, reason } of refused) output.warn(`${peer} is not added: ${escapeText(reason)}`);
}
