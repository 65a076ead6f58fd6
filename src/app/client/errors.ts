import { errorsOf } from '../../base/errors.ts';

export const clientErrors = {
  CLIENT_PATH_REFUSED: {
    category: 'security',
    help: 'The folder lies outside of the folders that the client may use, or leads out of them. Choose another one, or name all folders that may be used, also that for downloads, in `api.roots`: `dst config set api.roots ~/Downloads /srv/films`.',
  },
  CLIENT_FOLDER_SILENT: {
    category: 'storage',
    retryable: true,
    help: 'The drive on which the folder lies does not answer, as a network drive whose server is away. Choose another folder, or mend the drive and try again; torrents elsewhere go on meanwhile.',
  },
  CLIENT_NOT_FOUND: { category: 'usage', help: 'There is no such thing here. List what there is first.' },
  CLIENT_NO_SUCH_FILE: { category: 'usage', help: 'The torrent has no such file. `dst files` lists them.' },
  CLIENT_NO_METADATA: {
    category: 'usage',
    help: 'The metadata of the magnet link is not there yet, so its files are not known. Wait for it.',
  },
  CLIENT_BAD_NAME: {
    category: 'usage',
    help: 'The name cannot be used: it is empty, too long, taken, or has characters that do not belong into it; the message says which.',
  },
  CLIENT_BAD_SETTING: { category: 'usage', help: 'A value is outside of what is allowed; the message says which.' },
  CLIENT_BLOCKLIST: {
    category: 'storage',
    help: 'The blocklist cannot be read, or is in none of the forms P2P, DAT and CIDR, plain or gzip. What was read before counts on.',
  },
  CLIENT_TORRENT_BUSY: {
    category: 'usage',
    retryable: true,
    help: 'The files of the torrent are being moved. Wait until that is done.',
  },
  CLIENT_NOT_RUNNING: {
    category: 'usage',
    help: 'No tracker was asked: a torrent is in its swarm only while it runs. Start it (`dst start`), which tells the trackers too; `dst why` says what it waits for.',
  },
  CLIENT_DATA_STAYS: {
    category: 'storage',
    help: 'The torrent is no longer there, and some of its files are. Delete them yourself, when the cause is mended.',
  },
  CLIENT_DATA_SHARED: {
    category: 'storage',
    help: 'The torrent is no longer there. Files of it that another torrent has too stay for that one: remove it with its data as well to be rid of them.',
  },
  CLIENT_NO_TRACKER: {
    category: 'usage',
    help: 'The torrent has no tracker that could be asked. Add one (`dst trackers --add`), or the address of a peer.',
  },
  CLIENT_PEER_REFUSED: {
    category: 'security',
    help: 'None of the peers is dialled. Those on this machine and at other special addresses are when `api.privateRanges` has them: `dst config set api.privateRanges 127.0.0.0/8`. Those that are banned or on the blocklist are when they are taken off.',
  },
  CLIENT_TORRENT_REMOVED: { category: 'usage', help: 'The torrent has been removed from the client.' },
  CLIENT_CLOSED: { category: 'usage', help: 'The client has been shut down. Start it again.' },
  CLIENT_METAINFO_LOST: {
    category: 'storage',
    help: 'The torrent file that the client keeps for this torrent is missing or damaged. Add the torrent again: its settings and its data are still there.',
  },
} as const;

export const clientError: ReturnType<typeof errorsOf<typeof clientErrors>> = errorsOf(clientErrors);
