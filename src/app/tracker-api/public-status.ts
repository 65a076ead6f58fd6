/**
 * The status of a tracker as strangers see it: what is looked after and whether it is well, but not in the words of
 * databases and systems, which name hosts, files and statements.
 */
import type { FastifyRequest } from 'fastify';
import { scopeOf } from '../../base/address-scope.ts';
import type { Clock } from '../../base/clock.ts';
import { isOurHost } from '../http-api/index.ts';
import type { TrackerService, TrackerStatus } from './service.ts';
import { findToken } from './v1/auth.ts';

const phrases: ReadonlyMap<string, string> = new Map([
  ['threads', 'not all threads answer'],
  ['loop', 'the work is late'],
  ['database', 'the database cannot be used'],
  ['disk', 'the disk is nearly full or cannot be used'],
  ['swarms', 'the shared swarms cannot be reached'],
  ['certificate', 'the certificate cannot be used'],
  ['configuration', 'the newest configuration cannot be used'],
]);

function publicStatus(status: TrackerStatus): TrackerStatus {
  const phraseOf = (check: string): string => phrases.get(check) ?? `${check}: something is wrong`;
  const checks = Object.fromEntries(
    Object.entries(status.checks).map(([check, problem]) => [check, problem === null ? null : phraseOf(check)]),
  );
  return { ...status, checks, problems: Object.values(checks).filter((problem) => problem !== null) };
}

/** Headers of a proxy that nobody has told the tracker of: the address of the connection is not the client's then. */
const PROXIED = ['forwarded', 'x-forwarded-for', 'via'];

/** Whether somebody on this machine asks. A page that had its name lead here (DNS rebinding) is not somebody. */
const isLocal = ({ ip, headers }: FastifyRequest): boolean =>
  scopeOf(ip) === 'loopback' && isOurHost(headers.host ?? '', []) && !PROXIED.some((name) => name in headers);

/** Gives the status as the sender of a request may see it. */
export function statusReader(
  service: TrackerService,
  clock: Pick<Clock, 'wall'>,
): (request: FastifyRequest) => Promise<TrackerStatus> {
  const hasToken = async ({ ip, headers: { authorization } }: FastifyRequest): Promise<boolean> => {
    // Health is told to whoever asks, however often; so it must not cost a query each time.
    if (authorization === undefined || !service.admits(ip)) return false;
    // The database may be what is wrong.
    return findToken(service.repository, clock, authorization).then(
      (token) => token !== null,
      () => false,
    );
  };
  return async (request) => {
    const status = service.status();
    if (status.problems.length === 0 || isLocal(request) || (await hasToken(request))) return status;
    return publicStatus(status);
  };
}
