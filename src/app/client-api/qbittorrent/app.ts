/** The program, its machine and its preferences. */
import { networkInterfaces } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { formatHost, parseHost } from '../../../base/address.ts';
import { version } from '../../../base/version.ts';
import { badParams } from './api-fault.ts';
import { type Call, changes, type Endpoints, reads } from './endpoint.ts';
import { required, text } from './params.ts';
import { changesOf, readPreferences } from './preferences.ts';

/**
 * The release whose interface this is: what clients look at to know what they may ask. From 2.11.8 on answers without
 * content have another status.
 */
const RELEASE = 'v5.0.5';
const API_VERSION = '2.11.2';

const buildInfo = {
  bitness: 64,
  boost: '',
  libtorrent: `2.0.11.0 (dst ${version})`,
  openssl: process.versions.openssl,
  platform: { darwin: 'macos', linux: 'linux', win32: 'windows' }[process.platform as string] ?? 'unknown',
  qt: '',
  zlib: process.versions.zlib,
};

async function setPreferences(call: Call): Promise<void> {
  const { client, caller, params } = call;
  const { settings, banned } = changesOf(readObject(required(params, 'json')), client, caller.name);
  if (Object.keys(settings).length > 0) await client.changeSettings(settings, { isLocal: caller.kind === 'socket' });
  if (banned === undefined) return;
  const known = client.banned;
  await client.ban(banned.filter((host) => !known.includes(host)));
  await client.unban(known.filter((host) => !banned.includes(host)));
}

function readObject(json: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(json) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // As if it were no object.
  }
  throw badParams('json is no object');
}

async function getDirectoryContent({ client, params }: Call): Promise<string[]> {
  const folder = required(params, 'dirPath');
  const mode = text(params, 'mode') ?? 'all';
  if (!isAbsolute(folder)) throw badParams('Invalid directory path');
  if (!['all', 'dirs', 'files'].includes(mode)) throw badParams('Invalid mode, allowed values: all, dirs, files');
  const entries = await client.browse(folder);
  const shown = entries.filter(({ isFolder }) => mode === 'all' || isFolder === (mode === 'dirs'));
  return shown.map(({ name }) => join(folder, name));
}

function interfaceAddresses({ params }: Call): string[] {
  const wanted = required(params, 'iface');
  const found = Object.entries(networkInterfaces()).filter(([name]) => wanted === '' || name === wanted);
  return found
    .flatMap(([, addresses]) => addresses ?? [])
    .map(({ address }) => {
      const bytes = parseHost(address);
      return bytes === null ? address : formatHost(bytes);
    });
}

export const appEndpoints: Endpoints = {
  'app/buildInfo': reads(() => buildInfo),
  'app/defaultSavePath': reads(({ client }) => client.settings.value.downloads),
  'app/getDirectoryContent': reads(getDirectoryContent, 'control'),
  'app/getFreeSpaceAtPath': reads(async ({ client, params }) =>
    String((await client.space(required(params, 'path'))).free),
  ),
  'app/networkInterfaceAddressList': reads(interfaceAddresses, 'admin'),
  'app/networkInterfaceList': reads(
    () => Object.keys(networkInterfaces()).map((name) => ({ name, value: name })),
    'admin',
  ),
  'app/preferences': reads(({ client, caller }) => readPreferences(client, caller)),
  'app/processInfo': reads(({ client, clock }) => ({ launch_time: clock.wall() - client.stats().run.seconds })),
  'app/setPreferences': changes(setPreferences, 'admin'),
  'app/shutdown': changes((call) => call.afterAnswer(() => call.client.shutDown()), 'admin'),
  'app/version': reads(() => RELEASE),
  'app/webapiVersion': reads(() => API_VERSION),
};
