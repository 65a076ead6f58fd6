/** Webhooks: addresses to which events are sent, signed, and sent again when that fails. */
import type { UnixSeconds } from '../../base/units.ts';

export interface NewWebhook {
  /** `https:` or `http:`. */
  readonly url: string;
  /** Names of events, or the beginning of names with a star: `torrent.*`. */
  readonly events: readonly string[];
  /** Key of the signature; text of at least 32 characters. It is never told again. */
  readonly secret: string;
}

export interface Webhook extends Omit<NewWebhook, 'secret'> {
  /** Positive, never given again. */
  readonly id: number;
  readonly createdAt: UnixSeconds;
  /** What went wrong with what was sent last; null: nothing. */
  readonly problem: string | null;
}

/** What became of attempts to send events in this run. Each that failed is made again later, unless the event is given up. */
export interface WebhookAttempts {
  readonly taken: number;
  readonly failed: number;
}

export interface Webhooks {
  readonly attempts: WebhookAttempts;
  all(): readonly Webhook[];
  /** Rejects CLIENT_BAD_SETTING. */
  add(webhook: NewWebhook): Promise<Webhook>;
  /** False when there is none. */
  remove(id: number): Promise<boolean>;
}
