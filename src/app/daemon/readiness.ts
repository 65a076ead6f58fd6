/** Whether the client can do what it is there for at this moment; for `/health/ready`, which looks anew each time. */
import { access, constants, statfs } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { formatBytes } from '../../base/size.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { Database } from '../../db/index.ts';
import type { HealthChecks } from '../client/index.ts';
import type { Session } from '../session.ts';

export interface ReadinessParts {
  readonly database: Pick<Database, 'check'>;
  readonly engine: Pick<Session, 'listening'>;
  /** Folder of what is kept. */
  readonly folder: string;
  readonly clock: Clock;
}

/** Who asks for it waits about a second (Kubernetes). */
const PATIENCE: Millis = 900;
/** For journals and a database that go on for a while. */
const LEAST_ROOM: ByteCount = 16 * 1024 * 1024;

/** What is needed → what is wrong with it, null: nothing. Never rejects. */
export async function readiness({ database, engine, folder, clock }: ReadinessParts): Promise<HealthChecks> {
  const [ofDatabase, ofState] = await Promise.all([
    inTime(clock, 'the database', database.check()),
    inTime(clock, folder, checkFolder(folder)),
  ]);
  const ofPeers = engine.listening.length > 0 ? null : 'peers are accepted nowhere';
  return { database: ofDatabase, peers: ofPeers, state: ofState };
}

/** What a check rejects with, in words. One that hangs goes on alone. */
async function inTime(clock: Clock, what: string, check: Promise<void>): Promise<string | null> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = clock.after(PATIENCE, () => resolve(`${what} does not answer`));
  try {
    return await Promise.race([check.then(() => null, messageOf), late]);
  } finally {
    timer[Symbol.dispose]();
  }
}

async function checkFolder(folder: string): Promise<void> {
  await access(folder, constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < LEAST_ROOM) throw new Error(`only ${formatBytes(bavail * bsize)} are free in ${folder}`);
}
