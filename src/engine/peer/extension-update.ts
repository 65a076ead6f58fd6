/** BEP 10: a later extension handshake tells changes only; what it leaves out stays as it was. */
import type { ExtensionHandshake } from '../../codec/wire/index.ts';

/** Extensions remembered of one peer, however many handshakes it sends. */
const MOST_EXTENSIONS = 64;

/** What is known of a peer after `change` has come. An extension with number 0 is off. */
export function updateExtensions(known: ExtensionHandshake | null, change: ExtensionHandshake): ExtensionHandshake {
  const ids = new Map(known?.ids);
  for (const [name, id] of change.ids) {
    if (id === 0) ids.delete(name);
    else if (ids.has(name) || ids.size < MOST_EXTENSIONS) ids.set(name, id);
  }
  const told = Object.entries(change).filter(([, value]) => value !== null);
  return { ...(known ?? change), ...Object.fromEntries(told), ids };
}
