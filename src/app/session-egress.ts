/**
 * From where a session sends, for what else is sent for its torrents. It is no part of the session's own type, whose
 * users need not know Node's.
 */
import type { Egress } from '../net/egress/index.ts';

const egresses = new WeakMap<object, Egress>();

export function rememberEgress(session: object, egress: Egress): void {
  egresses.set(session, egress);
}

export const egressOf = (session: object): Egress => egresses.get(session) as Egress;
