/** Why a torrent is slow, or stands still: findings from facts, the weightiest first. */

export interface Finding {
  /** Stable: `no-peers`, `all-choked`, `tracker-failed`, `limit-reached`, `disk-slow`, … (docs/why.md). */
  readonly code: string;
  /** `blocks`: nothing moves because of it; `slows`; `note`: worth knowing. */
  readonly weight: 'blocks' | 'slows' | 'note';
  /** A sentence with the figures. */
  readonly message: string;
  /** What the user can do; null: nothing, or wait. */
  readonly advice: string | null;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Diagnosis {
  /** One sentence. */
  readonly summary: string;
  readonly findings: readonly Finding[];
}
