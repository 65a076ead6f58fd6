/** Categories and labels of torrents. */
import * as z from 'zod';
import type { Category } from '../../client/index.ts';
import { apiError } from '../../http-api/index.ts';
import { line, nothing } from '../../openapi/index.ts';
import { addRoute, type V1Context } from './route.ts';

const named = z.strictObject({ name: line.min(1).max(255) });
const labels = z.array(line.min(1).max(255)).min(1).max(100);

const category: z.ZodType<Category> = z
  .object({ name: z.string(), savePath: z.string().describe('empty: the default of the client') })
  .meta({ id: 'Category' });

export function addCategories(context: V1Context): void {
  const { categories } = context.client;
  addRoute(context, {
    method: 'GET',
    path: '/categories',
    scope: 'read',
    summary: 'Lists categories',
    result: z.object({ items: z.array(category) }),
    handle: () => ({ items: [...categories.all()] }),
  });
  addRoute(context, {
    method: 'PUT',
    path: '/categories/:name',
    scope: 'control',
    summary: 'Makes a category, or changes its save path',
    params: named,
    body: z.strictObject({
      savePath: z
        .string()
        .max(4096)
        .optional()
        .describe('empty: the default of the client, as for a new one without it; left out: as it is'),
    }),
    result: category,
    handle: async ({ params: { name }, body: { savePath } }) => {
      const known = categories.find(name);
      if (known !== null && savePath === undefined) return known;
      const wanted = { name, savePath: savePath ?? '' };
      await categories.put(wanted);
      return categories.find(name) ?? wanted;
    },
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/categories/:name',
    scope: 'control',
    summary: 'Removes a category; its torrents have none then',
    params: named,
    status: 204,
    result: nothing,
    handle: async ({ params: { name } }) => {
      if (categories.find(name) === null) throw apiError('API_NOT_FOUND', 'there is no such category');
      await categories.remove([name]);
    },
  });
  addLabels(context);
}

function addLabels(context: V1Context): void {
  const { categories } = context.client;
  const list = z.object({ items: z.array(z.string()) });
  addRoute(context, {
    method: 'GET',
    path: '/labels',
    scope: 'read',
    summary: 'Lists labels',
    result: list,
    handle: () => ({ items: [...categories.labels()] }),
  });
  addRoute(context, {
    method: 'POST',
    path: '/labels',
    scope: 'control',
    summary: 'Makes labels',
    body: z.strictObject({ labels }),
    status: 201,
    result: list,
    handle: async ({ body }) => {
      await categories.addLabels(body.labels);
      return { items: [...categories.labels()] };
    },
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/labels/:name',
    scope: 'control',
    summary: 'Removes a label, also from all torrents',
    params: named,
    status: 204,
    result: nothing,
    handle: async ({ params: { name } }) => {
      if (!categories.labels().includes(name)) throw apiError('API_NOT_FOUND', 'there is no such label');
      await categories.removeLabels([name]);
    },
  });
}
