/** What an API of the client works on. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Access } from '../access/index.ts';
import type { Client } from '../client/index.ts';
import type { BodyBudget } from './body-budget.ts';
import type { CallerShares } from './caller-shares.ts';
import type { CreationTasks } from './creation-tasks.ts';

export interface ApiContext {
  readonly client: Client;
  readonly access: Access;
  /** Gets a line for each change and each failure. */
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  /** To be added to each app that reads bodies (`bodies.addTo`). */
  readonly bodies: BodyBudget;
  /** Places for files of torrents that are read. */
  readonly readers: CallerShares;
  readonly creations: CreationTasks;
  /** Whether a request came through the socket of the own user, who may do everything (`access.bySocket`). */
  isLocal(request: FastifyRequest): boolean;
}

/**
 * Another API of the client, under a prefix of its own and with a dialect of its own for who asks. Before its hooks and
 * handlers every request has passed the guards of Host and Origin; behind them it gets the safe headers. What it adds to
 * `app` (hooks, parsers of bodies, errors) holds for its prefix alone; its error handler gets what the guards refuse too
 * (`problemOf` of http-api has the status).
 *
 * Who asks it finds out itself: `context.isLocal(request)` → `access.bySocket()`; a header `Authorization: Bearer` →
 * `access.byBearer`; Basic → `access.byPassword(name, password, request.ip)`, which is cheap from the second time on;
 * a form → `access.login`, and the cookie then → `access.bySession`. `allows(caller.scope, 'control')` says whether it may.
 * Rejections ACCESS_DELAYED come with `details.retryAfter`, seconds.
 */
export interface ApiMount {
  /** `/transmission`, `/api/v2`. */
  readonly prefix: string;
  add(app: FastifyInstance, context: ApiContext): void | Promise<void>;
}
