/** What went wrong, as this API tells it: an HTTP status, and a line of text that clients show. */
import { codeOf, DstError, messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import { problemOf } from '../../http-api/index.ts';

export class ApiFault extends Error {
  readonly status: number;
  /** Seconds after which it may go better. */
  readonly retryAfter: number | null;

  constructor(status: number, message: string, retryAfter: number | null = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export const badParams = (message: string): ApiFault => new ApiFault(400, message);
/** Also for who is not known: clients take it as a reason to log in. */
export const forbidden = (message = 'Forbidden', retryAfter: number | null = null): ApiFault =>
  new ApiFault(403, message, retryAfter);
export const notFound = (message = 'Not Found'): ApiFault => new ApiFault(404, message);
export const wrongMethod = (): ApiFault => new ApiFault(405, 'Method Not Allowed');
export const conflict = (message: string): ApiFault => new ApiFault(409, message);
/** What was sent is no torrent. */
export const badData = (message: string): ApiFault => new ApiFault(415, message);

/** A torrent file, a link or a sealed torrent that cannot be read. */
export const isBadSource = (error: unknown): boolean =>
  /^(?:METAINFO|BENCODE|MAGNET|DST|SEALED)_/.test(codeOf(error) ?? '');

/** Statuses that differ from those of our own API. A path that is refused is no reason to log in again. */
const statuses: Readonly<Record<string, number>> = {
  ACCESS_DELAYED: 403,
  CLIENT_PATH_REFUSED: 409,
  CLIENT_NO_SUCH_FILE: 409,
  CLIENT_BAD_NAME: 409,
};

export function faultOf(error: unknown, logger: Logger): ApiFault {
  if (error instanceof ApiFault) return error;
  if (isBadSource(error)) return badData(messageOf(error));
  const { status, title, detail } = problemOf(error);
  if (status === 500) logger.error('api failure', { code: codeOf(error), error: messageOf(error) });
  const { retryAfter } = error instanceof DstError ? error.details : {};
  return new ApiFault(
    statuses[codeOf(error) ?? ''] ?? status,
    detail ?? title,
    typeof retryAfter === 'number' ? retryAfter : null,
  );
}
