/**
 * Opens the client's database. A file that is damaged or gone is no reason not to start: it is set aside, and the copy
 * of the last day or a new database takes its place. What torrents hold is in journals of their own and is not touched.
 */
import { copyFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Millis } from '../../base/units.ts';
import { type Database, openDatabase } from '../../db/index.ts';

/** Name of the copy: `client.db.daily.backup`. */
const COPY = 'daily';
const COPY_INTERVAL: Millis = 86_400_000;
/** The first copy after a start, ms. */
const FIRST_COPY: Millis = 600_000;
const SIDE_FILES = ['', '-wal', '-shm'];

export interface OpenedDatabase {
  readonly database: Database;
  /** What became of a file that was damaged or gone, in words; null: it was well. */
  readonly recovered: string | null;
}

interface OpenOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** There were torrents before, and so there was a database. */
  readonly hadTorrents: boolean;
}

/** `url` null: a file in the folder. Rejects DB_*; DB_DAMAGED only for a database that is not that file. */
export async function openClientDatabase(
  folder: string,
  url: string | null,
  { clock, logger, hadTorrents }: OpenOptions,
): Promise<OpenedDatabase> {
  const path = join(folder, 'client.db');
  const copy = `${path}.${COPY}.backup`;
  const options = { clock, outlivesPowerCut: true };
  const told = (recovered: string): string => {
    logger.error('database recovered', { recovered });
    return recovered;
  };
  try {
    const database = await openChecked(url ?? path, options);
    const { backup } = database;
    if (backup !== null) logger.info('the database was migrated', { copyOfBefore: backup });
    if (!database.isNew || !hadTorrents) return { database, recovered: null };
    if (url !== null || !existsSync(copy)) {
      return { database, recovered: told('the database was gone; in its place is a new one') };
    }
    await database.close();
  } catch (error) {
    if (url !== null || codeOf(error) !== 'DB_DAMAGED') throw error;
    logger.error('the database is damaged', { reason: messageOf(error) });
  }
  const aside = `${path}.damaged-${clock.wall()}`;
  for (const side of SIDE_FILES) if (existsSync(path + side)) renameSync(path + side, aside + side);
  const { database, from } = await restored(path, copy, options);
  const words = `the database was damaged or gone, and what was there lies in ${aside} now; in its place is ${from}`;
  return { database, recovered: told(words) };
}

async function openChecked(url: string, options: Parameters<typeof openDatabase>[1]): Promise<Database> {
  const database = await openDatabase(url, options);
  try {
    await database.checkWhole();
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function restored(
  path: string,
  copy: string,
  options: Parameters<typeof openDatabase>[1],
): Promise<{ readonly database: Database; readonly from: string }> {
  if (existsSync(copy)) {
    copyFileSync(copy, path);
    try {
      return { database: await openChecked(path, options), from: 'a copy of it, at most a day old' };
    } catch (error) {
      if (codeOf(error) !== 'DB_DAMAGED') throw error;
      for (const side of SIDE_FILES) if (existsSync(path + side)) renameSync(path + side, `${path}.bad-copy${side}`);
    }
  }
  return { database: await openDatabase(path, options), from: 'a new one' };
}

/** Copies the database once a day. */
export function dailyCopy(database: Database, clock: Clock, logger: Logger): Disposable {
  let timer: Disposable;
  const plan = (delay: Millis): void => {
    timer = clock.after(delay, () => {
      plan(COPY_INTERVAL);
      database
        .backUp(COPY)
        .catch((error: unknown) => logger.error('the database was not copied', { error: messageOf(error) }));
    });
  };
  plan(FIRST_COPY);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
