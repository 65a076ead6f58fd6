/**
 * `/health/live` for whoever starts this program again when it hangs; the rest for who may look: `/health/ready` for whoever
 * sends it work, or waits for it, `/health` for people.
 */
import type { FastifyInstance } from 'fastify';
import { version } from '../../base/version.ts';
import type { HealthChecks } from '../client/index.ts';
import type { ApiContext } from './context.ts';
import { addCallers, type RouteConfig } from './callers.ts';

export interface HealthSources {
  /** What is needed at this moment → what is wrong with it, null: nothing. */
  readonly readiness: () => Promise<HealthChecks>;
  /** Null: no metrics. */
  readonly metrics: MetricsSource | null;
}

export function addHealth(app: FastifyInstance, context: ApiContext, { readiness, metrics }: HealthSources): void {
  app.get('/health/live', () => ({ status: 'ok' }));
  void app.register((inner) => {
    addCallers(inner, context);
    const config: RouteConfig = { scope: 'read' };
    inner.get('/health', { config }, () => {
      const checks = context.client.health();
      return { status: isWell(checks) ? 'ok' : 'degraded', version, checks: described(checks) };
    });
    // A client with other problems is degraded, but does what it is there for.
    inner.get('/health/ready', { config }, async (_request, reply) => {
      const checks = await readiness();
      const isReady = isWell(checks);
      return reply
        .code(isReady ? 200 : 503)
        .send({ status: isReady ? 'ok' : 'unavailable', checks: described(checks) });
    });
    if (metrics !== null) {
      inner.get('/metrics', { config }, async (_request, reply) =>
        reply.type(metrics.contentType).send(await metrics.metrics()),
      );
    }
    return Promise.resolve();
  });
}

const isWell = (checks: HealthChecks): boolean => Object.values(checks).every((problem) => problem === null);

const described = (checks: HealthChecks): object =>
  Object.fromEntries(
    Object.entries(checks).map(([check, detail]) => [
      check,
      detail === null ? { status: 'ok' } : { status: 'degraded', detail },
    ]),
  );

/** Numbers in the format of Prometheus, as its registry gives them. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}
