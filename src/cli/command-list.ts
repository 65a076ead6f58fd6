/** The commands by name. A command's own file is loaded only when it is called or asked about. */
import type { CommandDefinition } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<CommandDefinition>;
}

/** For commands that run an engine. */
async function compiled<T>(load: () => Promise<T>): Promise<T> {
  const { importCompiled } = await import('../app/runtime/index.ts');
  return await importCompiled(load);
}

const FILES = 'Torrent files:';
const KEYS = 'Keys and sealed files:';
const TRANSFERS = 'Transfers:';
const SERVICES = 'Services:';
const OTHER = 'Other:';

export const commandList: readonly CommandEntry[] = [
  {
    name: 'create',
    aliases: ['new', 'make'],
    group: FILES,
    summary: 'make a torrent of a file or folder',
    load: async () => (await import('./commands/create.ts')).create,
  },
  {
    name: 'info',
    aliases: ['show'],
    group: FILES,
    summary: 'show what a torrent or magnet link says',
    load: async () => (await import('./commands/info.ts')).info,
  },
  {
    name: 'verify',
    aliases: ['check'],
    group: FILES,
    summary: 'compare data on disk with its torrent',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'magnet',
    aliases: ['link'],
    group: FILES,
    summary: 'print the magnet link of a torrent, or tidy one',
    load: async () => (await import('./commands/magnet.ts')).magnet,
  },
  {
    name: 'edit',
    aliases: [],
    group: FILES,
    summary: 'change trackers, web seeds and comments of a torrent',
    load: async () => (await import('./commands/edit.ts')).edit,
  },
  {
    name: 'key',
    aliases: ['keys'],
    group: KEYS,
    summary: 'make, show, exchange and change keys',
    load: async () => (await import('./commands/key.ts')).key,
  },
  {
    name: 'encrypt',
    aliases: [],
    group: KEYS,
    summary: 'encrypt a file for its recipients',
    load: async () => (await import('./commands/encrypt.ts')).encrypt,
  },
  {
    name: 'decrypt',
    aliases: [],
    group: KEYS,
    summary: 'decrypt a .dst or a file of age',
    load: async () => (await import('./commands/decrypt.ts')).decrypt,
  },
  {
    name: 'sign',
    aliases: [],
    group: KEYS,
    summary: 'sign a file',
    load: async () => (await import('./commands/sign.ts')).sign,
  },
  {
    name: 'check-sig',
    aliases: [],
    group: KEYS,
    summary: 'check the signature of a file',
    load: async () => (await import('./commands/check-sig.ts')).checkSig,
  },
  {
    name: 'download',
    aliases: ['dl', 'get'],
    group: TRANSFERS,
    summary: 'fetch torrents and magnet links',
    load: async () => (await compiled(() => import('./commands/download.ts'))).download,
  },
  {
    name: 'seed',
    aliases: ['serve'],
    group: TRANSFERS,
    summary: 'upload data that is there',
    load: async () => (await compiled(() => import('./commands/seed.ts'))).seed,
  },
  {
    name: 'tracker',
    aliases: [],
    group: SERVICES,
    summary: 'run a tracker',
    load: async () => (await import('./commands/tracker.ts')).tracker,
  },
  {
    name: 'tls',
    aliases: [],
    group: SERVICES,
    summary: 'make, renew, revoke and check certificates',
    load: async () => (await import('./commands/tls.ts')).tls,
  },
  {
    name: 'completions',
    aliases: [],
    group: OTHER,
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completions.ts')).completions,
  },
  {
    name: 'version',
    aliases: [],
    group: OTHER,
    summary: 'print the version',
    load: async () => (await import('./commands/version.ts')).version,
  },
];
