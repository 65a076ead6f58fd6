/** Traffic of the client as a whole. */
import { formatHost, parseAddress, parseHost } from '../../../base/address.ts';
import type { Client } from '../../client/index.ts';
import { type Call, changes, type Endpoint, type Endpoints, reads } from './endpoint.ts';
import { number, parts, required, requiredNumber } from './params.ts';

type Way = 'download' | 'upload';

/** The key of the limit that counts at present. */
const keyOf = (client: Client, way: Way): 'download' | 'upload' | 'altDownload' | 'altUpload' => {
  if (!client.stats().usesAltLimits) return way;
  return way === 'download' ? 'altDownload' : 'altUpload';
};

const limitOf = (client: Client, way: Way): number => client.settings.value.limits[keyOf(client, way)];

export function transferInfo(client: Client): object {
  const { downloadRate, uploadRate, run, listening, isReachable } = client.stats();
  return {
    connection_status: listening.length === 0 ? 'disconnected' : isReachable ? 'connected' : 'firewalled',
    dht_nodes: 0,
    dl_info_data: run.downloaded,
    dl_info_speed: downloadRate,
    dl_rate_limit: limitOf(client, 'download'),
    up_info_data: run.uploaded,
    up_info_speed: uploadRate,
    up_rate_limit: limitOf(client, 'upload'),
  };
}

const setLimit = (way: Way): Endpoint =>
  changes(async ({ client, params }) => {
    const limit = Math.max(0, Math.round(requiredNumber(params, 'limit')));
    await client.settings.set({ [`limits.${keyOf(client, way)}`]: limit });
  });

/** The usual limits and the alternative ones, whichever count at present; bytes per second, 0: none. */
const allLimits = {
  up_limit: 'upload',
  dl_limit: 'download',
  alt_up_limit: 'altUpload',
  alt_dl_limit: 'altDownload',
} as const;

const getSpeedLimits = ({ client }: Call): object =>
  Object.fromEntries(Object.entries(allLimits).map(([name, key]) => [name, client.settings.value.limits[key]]));

async function setSpeedLimits({ client, params }: Call): Promise<void> {
  const given = Object.entries(allLimits).flatMap(([name, key]) => {
    const limit = number(params, name);
    return limit === undefined ? [] : [[`limits.${key}`, Math.max(0, Math.round(limit))] as const];
  });
  if (given.length > 0) await client.settings.set(Object.fromEntries(given));
}

const useAlternative = async ({ client }: Call, isAlternative: boolean): Promise<void> => {
  await client.changeSettings({ 'limits.alternative': isAlternative }, { isLocal: false });
};

/** Addresses with or without port. */
function hostOf(peer: string): string[] {
  const bytes = parseHost(peer);
  const host = bytes === null ? parseAddress(peer)?.host : formatHost(bytes);
  return host === undefined ? [] : [host];
}

export const transferEndpoints: Endpoints = {
  'transfer/banPeers': changes(({ client, params }) =>
    client.ban(parts(required(params, 'peers'), '|').flatMap(hostOf)),
  ),
  'transfer/downloadLimit': reads(({ client }) => String(limitOf(client, 'download'))),
  'transfer/getSpeedLimits': reads(getSpeedLimits),
  'transfer/info': reads(({ client }) => transferInfo(client)),
  'transfer/setDownloadLimit': setLimit('download'),
  'transfer/setSpeedLimits': changes(setSpeedLimits),
  'transfer/setSpeedLimitsMode': changes((call) => useAlternative(call, requiredNumber(call.params, 'mode') !== 0)),
  'transfer/setUploadLimit': setLimit('upload'),
  'transfer/speedLimitsMode': reads(({ client }) => (client.stats().usesAltLimits ? '1' : '0')),
  'transfer/toggleSpeedLimitsMode': changes((call) => useAlternative(call, !call.client.stats().usesAltLimits)),
  'transfer/uploadLimit': reads(({ client }) => String(limitOf(client, 'upload'))),
};
