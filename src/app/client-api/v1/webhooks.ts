/** Webhooks: where events are sent to. */
import * as z from 'zod';
import { apiError } from '../../http-api/index.ts';
import { nothing, seconds, wholeNumber } from '../../openapi/index.ts';
import { eventPattern } from './events.ts';
import { addRoute, type V1Context } from './route.ts';

const webhook = z
  .object({
    id: z.int(),
    url: z.string(),
    events: z.array(z.string()),
    createdAt: seconds,
    problem: z.string().nullable().describe('what went wrong with what was sent last'),
  })
  .meta({ id: 'Webhook' });

const creation = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'a whole address is wanted: https://… or http://…' }).max(2048),
  events: z.array(eventPattern).min(1).max(50),
  secret: z.string().min(32).max(256).describe('key of the signature; it is never told again'),
});

export function addWebhooks(context: V1Context): void {
  const { webhooks } = context.client;
  addRoute(context, {
    method: 'GET',
    path: '/webhooks',
    scope: 'admin',
    summary: 'Lists webhooks',
    result: z.object({ items: z.array(webhook) }),
    handle: () => ({ items: webhooks.all().map((one) => ({ ...one, events: [...one.events] })) }),
  });
  addRoute(context, {
    method: 'POST',
    path: '/webhooks',
    scope: 'admin',
    summary: 'Sends events to an address from now on',
    body: creation,
    status: 201,
    result: webhook,
    handle: async ({ body }) => {
      const made = await webhooks.add(body);
      return { ...made, events: [...made.events] };
    },
  });
  addRoute(context, {
    method: 'DELETE',
    path: '/webhooks/:id',
    scope: 'admin',
    summary: 'Removes a webhook',
    params: z.strictObject({ id: wholeNumber(1) }),
    status: 204,
    result: nothing,
    handle: async ({ params }) => {
      if (!(await webhooks.remove(params.id))) throw apiError('API_NOT_FOUND', 'there is no such webhook');
    },
  });
}
