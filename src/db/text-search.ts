/** Names as a search compares them: the same in every dialect, whatever its collation. */
import { type RawBuilder, sql } from 'kysely';
import { dbError } from './errors.ts';

/** Letters without case, and one form for each. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase();

/** Condition: the row's name contains `part`, in any case. Throws DB_CONSTRAINT as `storable` does. */
export function nameContains(part: string): RawBuilder<boolean> {
  const pattern = `%${fold(storable(part)).replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`name_folded like ${pattern} escape '\\'`;
}

/** The text itself; throws DB_CONSTRAINT when it has a U+0000, which PostgreSQL cannot keep. */
export function storable(text: string): string {
  if (text.includes('\0')) throw dbError('DB_CONSTRAINT', 'a text with the character U+0000 cannot be stored');
  return text;
}
