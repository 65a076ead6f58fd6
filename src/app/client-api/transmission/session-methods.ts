/** Methods on the client as a whole (rpc-spec §4). */
import { changesOf, JSON_RPC_RELEASE, LEGACY_RELEASE, readSession } from './session-fields.ts';
import type { Method, MethodContext } from './method.ts';
import { type Params, text, texts } from './params.ts';
import { noGroups, rpcError } from './rpc-error.ts';
import { snake, toLegacy } from './names.ts';

const none = { result: {} };

async function get(context: MethodContext, params: Params): ReturnType<Method['run']> {
  const result = readSession(context, JSON_RPC_RELEASE);
  const legacy = readSession(context, LEGACY_RELEASE);
  const asked = texts(params, 'fields');
  if (asked === undefined) return { result, legacyResult: toLegacy(legacy, 'kebab') };
  const known = [...new Set(asked)].filter((name) => Object.hasOwn(result, snake(name)));
  return {
    result: Object.fromEntries(known.map((name) => [snake(name), result[snake(name)]])),
    legacyResult: Object.fromEntries(known.map((name) => [name, toLegacy(legacy[snake(name)], 'kebab')])),
  };
}

async function stats({ client }: MethodContext): ReturnType<Method['run']> {
  const { torrents, downloadRate, uploadRate, run, ever } = client.stats();
  const figures = ({ downloaded, uploaded, sessions, seconds, torrentsAdded }: typeof run): object => ({
    downloaded_bytes: downloaded,
    uploaded_bytes: uploaded,
    files_added: torrentsAdded,
    seconds_active: seconds,
    session_count: sessions,
  });
  // Active is what runs, whether anything moves or not; a failure of its own stops a torrent of Transmission.
  const paused = torrents.stopped + torrents.failed;
  return {
    legacyStyle: 'camel',
    result: {
      active_torrent_count: torrents.all - paused,
      download_speed: downloadRate,
      paused_torrent_count: paused,
      torrent_count: torrents.all,
      upload_speed: uploadRate,
      cumulative_stats: figures(ever),
      current_stats: figures(run),
    },
  };
}

async function freeSpace({ client }: MethodContext, params: Params): ReturnType<Method['run']> {
  const path = text(params, 'path') ?? '';
  if (!path.startsWith('/')) throw rpcError('path-not-absolute', 'directory path is not absolute');
  const { free, total } = await client.space(path);
  return { result: { path, size_bytes: free, total_size: total } };
}

export const sessionMethods: Readonly<Record<string, Method>> = {
  session_get: { scope: 'read', run: get },
  session_set: {
    scope: 'admin',
    run: async (context, params) => {
      const changes = changesOf(context, params);
      const isLocal = context.caller.kind === 'socket';
      if (Object.keys(changes).length > 0) await context.client.changeSettings(changes, { isLocal });
      context.passedOver.tell(params, readSession(context, LEGACY_RELEASE));
      return none;
    },
  },
  session_stats: { scope: 'read', run: stats },
  session_close: {
    scope: 'admin',
    run: async ({ client }) => {
      client.shutDown();
      return none;
    },
  },
  blocklist_update: {
    scope: 'admin',
    run: async ({ client }) => ({ result: { blocklist_size: await client.refreshBlocklist() } }),
  },
  // Nobody is asked outside: somebody has come in, or nobody has yet.
  port_test: { scope: 'read', run: async ({ client }) => ({ result: { port_is_open: client.stats().isReachable } }) },
  free_space: { scope: 'read', run: freeSpace },
  // Clients that list groups list none, and who makes one learns that nothing would be limited by it.
  group_get: { scope: 'read', run: async () => ({ result: { group: [] } }) },
  group_set: {
    scope: 'control',
    run: async () => {
      throw noGroups();
    },
  },
};
