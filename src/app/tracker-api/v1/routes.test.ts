/** Test support: the routes that the description of the API lists. */
import type { ApiClient } from '../fakes.test.ts';

export interface DescribedRoute {
  readonly method: string;
  /** Below `/api/v1/tracker`, parameters in braces. */
  readonly path: string;
  readonly scope: string;
}

interface Operation {
  readonly security: readonly { readonly token: readonly [string] }[];
}

export async function routesOf(client: ApiClient): Promise<DescribedRoute[]> {
  const { json } = await client.askPath('GET', '/api/v1/openapi.json', { token: null });
  const paths = (json as { paths: Record<string, Record<string, Operation>> }).paths;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path.replace(/^\/api\/v1\/tracker/, ''),
      scope: security[0]?.token[0] ?? 'none',
    })),
  );
}
