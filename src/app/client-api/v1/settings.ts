/**
 * The configuration of the client. What would let a caller out of what this API allows (a program to run, folders,
 * addresses, files of its own) can be changed on the machine alone, or a token would be as good as the whole account.
 */
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { clientConfig, describeConfig, shownValue } from '../../config/index.ts';
import { apiError } from '../../http-api/index.ts';
import { addRoute, type V1Context } from './route.ts';

const LOCAL_ONLY =
  /^(api\.|peers\.(blocklist|interface|bind|nameServers)$|torrents\.(onComplete|watch|watchAction)$|data$|database$)/;

const setting = z
  .object({
    key: z.string(),
    value: z.unknown().describe('in effect; null: not set, or a secret'),
    pending: z
      .object({ value: z.unknown() })
      .nullable()
      .describe('what was set and is in effect after a restart; null: nothing'),
    origin: z.enum(['default', 'file', 'environment', 'flag']),
    isSecret: z.boolean().describe('its value is not told'),
    needsRestart: z.boolean().describe('a change counts after a restart'),
    isLocalOnly: z.boolean().describe('can be changed on the machine alone'),
    type: z.string().describe('what it may hold, in words'),
    unit: z.string().nullable(),
    text: z.string(),
  })
  .meta({ id: 'Setting' });

const changes = z.object({
  changed: z.array(z.string()),
  needRestart: z.array(z.string()).describe('of those that were named the ones that count after a restart'),
});

const limits = z.object({
  download: z.int().min(0).describe('bytes/s; 0: none'),
  upload: z.int().min(0).describe('bytes/s; 0: none'),
  altDownload: z.int().min(0),
  altUpload: z.int().min(0),
  alternative: z
    .boolean()
    .describe('the alternative limits count; switched while a schedule is followed: until it switches'),
  followSchedule: z.boolean().describe('the schedule switches them on and off'),
  schedule: z.array(z.string().max(100)).max(50).describe('such as `mon-fri 08:00-17:30`, local time'),
});

export function addSettings(context: V1Context): void {
  const { client } = context;
  const { settings } = client;
  addRoute(context, {
    method: 'GET',
    path: '/settings',
    scope: 'admin',
    summary: 'Lists the settings of the client and where their values come from',
    result: z.object({
      items: z.array(setting),
      file: z.string().describe('of the configuration'),
      data: z.string().describe('folder of what the client keeps'),
    }),
    handle: () => ({
      ...settings.places,
      items: describeConfig(clientConfig).map(({ key, restart, type, unit, text }) => {
        const { value: now, afterRestart } = settings;
        const isSecret = [now, afterRestart].some((config) => shownValue(clientConfig, key, config) === '(secret)');
        const value = valueOf(now, key);
        const later = valueOf(afterRestart, key);
        return {
          key,
          value: isSecret ? null : value,
          pending: isDeepStrictEqual(later, value) ? null : { value: isSecret ? null : later },
          origin: settings.originOf(key),
          isSecret,
          needsRestart: restart,
          isLocalOnly: LOCAL_ONLY.test(key),
          type,
          unit,
          text,
        };
      }),
    }),
  });
  addRoute(context, {
    method: 'PATCH',
    path: '/settings',
    scope: 'admin',
    summary: 'Changes settings, all that are named or none; null takes a setting back to its default',
    body: z.record(z.string().regex(/^[a-zA-Z]{1,40}(\.[a-zA-Z]{1,40})?$/), z.unknown()),
    result: changes,
    handle: async ({ body, caller }) => {
      const refused = Object.keys(body).find((key) => LOCAL_ONLY.test(key));
      if (refused !== undefined && caller.kind !== 'socket') {
        throw apiError('API_LOCAL_ONLY', `${refused} can be changed on the machine alone`);
      }
      const { changed, needRestart } = await client.changeSettings(body, { isLocal: caller.kind === 'socket' });
      return { changed: [...changed], needRestart: [...needRestart] };
    },
  });
  addLimits(context);
}

function addLimits(context: V1Context): void {
  const { client } = context;
  const now = (): z.output<typeof limits> => {
    const { schedule, ...rest } = client.settings.value.limits;
    return { ...rest, schedule: [...schedule], alternative: client.stats().usesAltLimits };
  };
  addRoute(context, {
    method: 'GET',
    path: '/limits',
    scope: 'read',
    summary: 'Shows the limits of the whole client',
    result: limits,
    handle: now,
  });
  addRoute(context, {
    method: 'PATCH',
    path: '/limits',
    scope: 'control',
    summary: 'Changes limits of the whole client; what is not named stays',
    body: z.strictObject(limits.partial().shape),
    result: limits,
    handle: async ({ body }) => {
      const named = Object.entries(body).filter(([, value]) => value !== undefined);
      const values = Object.fromEntries(named.map(([key, value]) => [`limits.${key}`, value]));
      await client.changeSettings(values, { isLocal: false });
      return now();
    },
  });
}

/** The value of `section.key`. */
function valueOf(config: object, key: string): unknown {
  let value: unknown = config;
  for (const name of key.split('.')) value = (value as Record<string, unknown>)[name];
  return value;
}
