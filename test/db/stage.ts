/** What the tests of the compliance suite share. */
import { randomBytes } from 'node:crypto';
import type { Database } from '../../src/db/open-database.ts';
import type { AccountSettings } from '../../src/db/tracker/accounts.ts';
import type { TrackerRepository } from '../../src/db/tracker/tracker-repository.ts';

/** What a test works with: an empty repository and the time that it is told. */
export interface Stage {
  readonly database: Database;
  readonly tracker: TrackerRepository;
  /** Unix seconds. */
  time: number;
}

/** A test of the compliance suite. */
export type Case = (stage: Stage) => Promise<void>;

export const hash = (fill: number, length = 20): Uint8Array => new Uint8Array(length).fill(fill);
export const key = (fill: number): Uint8Array => hash(fill, 32);
export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

export const alice: AccountSettings = { name: 'Alice', isEnabled: true, maxPeers: null, expiresAt: null };

/** The rows of all pages. */
export async function all<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const rows: T[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

/** The bytes that the info hashes are filled with. */
export const fills = (states: readonly { infoHash: Uint8Array }[]): unknown[] =>
  states.map(({ infoHash }) => infoHash[0]);
