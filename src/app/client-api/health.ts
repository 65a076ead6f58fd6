/** `/health/live` for whoever starts this program again when it hangs; the rest for who may look. */
import type { FastifyInstance } from 'fastify';
import { version } from '../../base/version.ts';
import type { ApiContext } from './context.ts';
import { addCallers, type RouteConfig } from './callers.ts';

export function addHealth(app: FastifyInstance, context: ApiContext, metrics: MetricsSource | null): void {
  app.get('/health/live', () => ({ status: 'ok' }));
  void app.register((inner) => {
    addCallers(inner, context);
    const config: RouteConfig = { scope: 'read' };
    inner.get('/health', { config }, () => {
      const checks = Object.entries(context.client.health());
      const isWell = checks.every(([, problem]) => problem === null);
      const described = checks.map(([check, detail]) => [
        check,
        detail === null ? { status: 'ok' } : { status: 'degraded', detail },
      ]);
      return { status: isWell ? 'ok' : 'degraded', version, checks: Object.fromEntries(described) as object };
    });
    // Whoever answers has opened its database and its port: a client with problems still serves.
    inner.get('/health/ready', { config }, () => ({ status: 'ok' }));
    if (metrics !== null) {
      inner.get('/metrics', { config }, async (_request, reply) =>
        reply.type(metrics.contentType).send(await metrics.metrics()),
      );
    }
    return Promise.resolve();
  });
}

/** Numbers in the format of Prometheus, as its registry gives them. */
export interface MetricsSource {
  readonly contentType: string;
  metrics(): Promise<string>;
}
