/**
 * Settings that a `session-set` names and does not get. Transmission answers "success" whatever it is given, and clients
 * send whole forms with what they do not mean to change, so an error would take all the rest from them: the log tells.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../../base/logger.ts';
import type { Params } from './params.ts';

/** They are taken or refused, and read back in other words. */
const NEVER: ReadonlySet<string> = new Set(['download_dir', 'incomplete_dir', 'encryption']);

export class PassedOver {
  readonly #logger: Pick<Logger, 'info'>;
  /** By name, so that a client which comes back does not fill the log. */
  readonly #told = new Set<string>();

  constructor(logger: Pick<Logger, 'info'>) {
    this.#logger = logger;
  }

  /** `session`: as it is read afterwards. */
  tell(params: Params, session: Readonly<Record<string, unknown>>): void {
    const isAsAsked = (name: string): boolean =>
      isDeepStrictEqual(session[name], typeof session[name] === 'boolean' ? Boolean(params[name]) : params[name]);
    const settings = Object.keys(session).filter(
      (name) => Object.hasOwn(params, name) && !NEVER.has(name) && !isAsAsked(name) && !this.#told.has(name),
    );
    for (const name of settings) this.#told.add(name);
    if (settings.length > 0) this.#logger.info('settings of a session-set were passed over', { settings });
  }
}
