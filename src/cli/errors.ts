/** Errors of the command line itself: what a user asked for cannot be done. */
import { errorsOf } from '../base/errors.ts';

export const cliErrors = {
  USAGE: {
    category: 'usage',
    help: 'The command line is not understood. `dst help COMMAND` shows arguments and flags.',
  },
  USAGE_VALUE: {
    category: 'usage',
    help: 'The value of a flag or argument has the wrong form. `dst help COMMAND` shows the forms.',
  },
  OUTPUT_EXISTS: {
    category: 'usage',
    help: 'The output file exists already. Name another one, or replace it with --force.',
  },
  OUTPUT_UNWRITABLE: {
    category: 'storage',
    help: 'The output could not be written. Check that its folder exists, may be written and has room.',
  },
  INPUT_UNREADABLE: {
    category: 'storage',
    help: 'The input could not be read. Check its path and permissions; - reads standard input.',
  },
  SEED_INCOMPLETE: {
    category: 'integrity',
    help: 'Some of the data is missing or differs from the torrent. `dst verify` shows which files, `dst download` fetches them, --partial seeds the rest.',
  },
  DOWNLOAD_STALLED: {
    category: 'network',
    retryable: true,
    help: 'Nothing arrived for the time given with --timeout. Check the network and whether the torrent has seeds, then run the same command again.',
  },
  PASSPHRASE_MISSING: {
    category: 'usage',
    help: 'There is no terminal on which to ask for a passphrase. Put it into a file that only you can read; `dst help COMMAND` shows the flag for it. /dev/fd/N is file descriptor N.',
  },
  PASSPHRASE_INVALID: {
    category: 'usage',
    help: 'A passphrase is one line that is not empty, the same both times when it is new.',
  },
  TORRENT_SEALED: {
    category: 'usage',
    help: 'A sealed torrent is encrypted as a whole: it cannot be edited, and a magnet link would not open it. Make another one of the same files with `dst create --seal-to`; it gets a swarm of its own. The torrent for helpers (`dst create --carrier`) is edited and linked as any other.',
  },
  DAEMON_UNREACHABLE: {
    category: 'network',
    retryable: true,
    help: 'Start the daemon with `dst daemon`, or say where it is: --socket, or --url with --token-file (`DST_URL`, `DST_TOKEN_FILE`).',
  },
  TOKEN_FILE_INVALID: {
    category: 'usage',
    help: 'The file named with --token-file or DST_TOKEN_FILE has to hold a token as its only line. `dst token create -o FILE` writes one.',
  },
  TOKEN_UNKNOWN: {
    category: 'usage',
    help: 'No token of the daemon has this name or id, or several have. `dst token ls` lists them.',
  },
  TORRENT_UNKNOWN: {
    category: 'usage',
    help: 'No torrent of the daemon has this id, this hash or this name. `dst ls` lists them.',
  },
  TORRENT_AMBIGUOUS: {
    category: 'usage',
    help: 'The name or the beginning of a hash fits several torrents. Give the id of the one that is meant, or more of its name.',
  },
  TORRENT_STOPPED: {
    category: 'usage',
    help: 'The torrent was stopped or removed before it was complete. `dst start` lets it go on.',
  },
  EXPORT_INVALID: {
    category: 'integrity',
    help: 'The folder has no torrents.json as `dst export` of this version writes it. Export once more from the other daemon.',
  },
  NOT_CONFIRMED: {
    category: 'usage',
    help: 'Nothing was done, because nobody said yes. Answer with y, or give -y where there is nobody to ask.',
  },
  INFOHASH_CHANGE: {
    category: 'usage',
    help: 'The change would make another torrent: the info hash differs and the old swarm is not found any more. Give --allow-new-infohash if that is wanted.',
  },
} as const;

export const cliError: ReturnType<typeof errorsOf<typeof cliErrors>> = errorsOf(cliErrors);
