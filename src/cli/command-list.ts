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
const DAEMON = 'Daemon:';
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
    aliases: [],
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
    name: 'leaktest',
    aliases: [],
    group: TRANSFERS,
    summary: 'show by which interface the traffic of torrents leaves',
    load: async () => (await import('./commands/leaktest.ts')).leaktest,
  },
  {
    name: 'daemon',
    aliases: [],
    group: SERVICES,
    summary: 'run the client as a service',
    load: async () => (await compiled(() => import('./commands/daemon.ts'))).daemon,
  },
  {
    name: 'add',
    aliases: [],
    group: DAEMON,
    summary: 'add torrents to the daemon',
    load: async () => (await import('./commands/daemon/add.ts')).add,
  },
  {
    name: 'ls',
    aliases: ['list'],
    group: DAEMON,
    summary: 'list its torrents',
    load: async () => (await import('./commands/daemon/ls.ts')).ls,
  },
  {
    name: 'show',
    aliases: [],
    group: DAEMON,
    summary: 'show all about a torrent',
    load: async () => (await import('./commands/daemon/show.ts')).show,
  },
  {
    name: 'start',
    aliases: [],
    group: DAEMON,
    summary: 'let torrents run',
    load: async () => (await import('./commands/daemon/start.ts')).start,
  },
  {
    name: 'stop',
    aliases: [],
    group: DAEMON,
    summary: 'stop torrents',
    load: async () => (await import('./commands/daemon/stop.ts')).stop,
  },
  {
    name: 'rm',
    aliases: ['remove'],
    group: DAEMON,
    summary: 'take torrents out, with their data or without',
    load: async () => (await import('./commands/daemon/rm.ts')).rm,
  },
  {
    name: 'set',
    aliases: [],
    group: DAEMON,
    summary: 'change limits, goals, labels and more of torrents',
    load: async () => (await import('./commands/daemon/set.ts')).set,
  },
  {
    name: 'files',
    aliases: [],
    group: DAEMON,
    summary: 'show the files of a torrent and choose among them',
    load: async () => (await import('./commands/daemon/files.ts')).files,
  },
  {
    name: 'peers',
    aliases: [],
    group: DAEMON,
    summary: 'show or add the peers of a torrent',
    load: async () => (await import('./commands/daemon/peers.ts')).peers,
  },
  {
    name: 'trackers',
    aliases: [],
    group: DAEMON,
    summary: 'show or change the trackers of a torrent',
    load: async () => (await import('./commands/daemon/trackers.ts')).trackers,
  },
  {
    name: 'move',
    aliases: ['mv'],
    group: DAEMON,
    summary: 'bring the data of torrents to another folder',
    load: async () => (await import('./commands/daemon/move.ts')).move,
  },
  {
    name: 'export',
    aliases: [],
    group: DAEMON,
    summary: 'write torrents and their settings into a folder',
    load: async () => (await import('./commands/daemon/export.ts')).exportTorrents,
  },
  {
    name: 'import',
    aliases: [],
    group: DAEMON,
    summary: 'add what an export has written',
    load: async () => (await import('./commands/daemon/import.ts')).importTorrents,
  },
  {
    name: 'rename',
    aliases: [],
    group: DAEMON,
    summary: 'rename a file or folder of a torrent',
    load: async () => (await import('./commands/daemon/rename.ts')).rename,
  },
  {
    name: 'recheck',
    aliases: [],
    group: DAEMON,
    summary: 'hash the data of torrents again',
    load: async () => (await import('./commands/daemon/recheck.ts')).recheck,
  },
  {
    name: 'reannounce',
    aliases: [],
    group: DAEMON,
    summary: 'ask trackers for peers at once',
    load: async () => (await import('./commands/daemon/reannounce.ts')).reannounce,
  },
  {
    name: 'queue',
    aliases: [],
    group: DAEMON,
    summary: 'move torrents in the queue',
    load: async () => (await import('./commands/daemon/queue.ts')).queue,
  },
  {
    name: 'why',
    aliases: [],
    group: DAEMON,
    summary: 'say why a torrent is slow or stands still',
    load: async () => (await import('./commands/daemon/why.ts')).why,
  },
  {
    name: 'limits',
    aliases: [],
    group: DAEMON,
    summary: 'show or change the limits of all torrents together',
    load: async () => (await import('./commands/daemon/limits.ts')).limits,
  },
  {
    name: 'stats',
    aliases: [],
    group: DAEMON,
    summary: 'show the figures of the daemon',
    load: async () => (await import('./commands/daemon/stats.ts')).stats,
  },
  {
    name: 'watch',
    aliases: [],
    group: DAEMON,
    summary: 'tell what happens, as it happens',
    load: async () => (await import('./commands/daemon/watch.ts')).watch,
  },
  {
    name: 'top',
    aliases: [],
    group: DAEMON,
    summary: 'watch the torrents live',
    load: async () => (await import('./commands/daemon/top.ts')).top,
  },
  {
    name: 'config',
    aliases: [],
    group: DAEMON,
    summary: 'show, check and change the configuration',
    load: async () => (await import('./commands/daemon/config.ts')).config,
  },
  {
    name: 'category',
    aliases: [],
    group: DAEMON,
    summary: 'list, make and remove categories and their folders',
    load: async () => (await import('./commands/daemon/category.ts')).category,
  },
  {
    name: 'webhook',
    aliases: [],
    group: DAEMON,
    summary: 'say where events are sent to',
    load: async () => (await import('./commands/daemon/webhook.ts')).webhook,
  },
  {
    name: 'token',
    aliases: [],
    group: DAEMON,
    summary: 'make, list and revoke tokens',
    load: async () => (await import('./commands/daemon/token.ts')).token,
  },
  {
    name: 'user',
    aliases: [],
    group: DAEMON,
    summary: 'make, list and remove users',
    load: async () => (await import('./commands/daemon/user.ts')).user,
  },
  {
    name: 'doctor',
    aliases: [],
    group: DAEMON,
    summary: 'look for what is wrong, and say what to do',
    load: async () => (await import('./commands/daemon/doctor.ts')).doctor,
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
