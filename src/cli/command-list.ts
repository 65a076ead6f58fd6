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
