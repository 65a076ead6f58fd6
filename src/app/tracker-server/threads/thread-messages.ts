/** What the threads of a tracker tell each other. */
import type { PeerAddress } from '../../../base/address.ts';
import type { WebRelay } from '../../../tracker/index.ts';
import type { ControlRequest, ControlResponse } from '../../tracker-api/index.ts';
import type { StoreHealth } from '../redis/redis-swarms.ts';
import type { ThreadBeat } from './thread-pulse.ts';
import type { ThreadSettings } from './thread-settings.ts';

/** From a thread that answers clients to the one that keeps the tracker. */
export type ThreadReport =
  | { readonly kind: 'open'; readonly listening: readonly PeerAddress[]; readonly tlsListening: readonly PeerAddress[] }
  | { readonly kind: 'failed'; readonly error: { readonly code: string; readonly message: string } }
  | { readonly kind: 'control'; readonly id: number; readonly request: ControlRequest }
  /** How the shared swarms are, when it changes. */
  | { readonly kind: 'health'; readonly health: StoreHealth }
  | { readonly kind: 'beat'; readonly beat: ThreadBeat }
  /** For a WebSocket of another thread. */
  | { readonly kind: 'relay'; readonly relay: WebRelay };

/** And back. */
export type ThreadOrder =
  | { readonly kind: 'close' }
  | { readonly kind: 'control'; readonly id: number; readonly response: ControlResponse }
  | { readonly kind: 'settings'; readonly settings: ThreadSettings }
  | { readonly kind: 'relay'; readonly relay: WebRelay };
