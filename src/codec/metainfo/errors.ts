import { errorsOf } from '../../base/errors.ts';

export const metainfoErrors = {
  METAINFO_NOT_A_DICTIONARY: {
    category: 'integrity',
    help: 'The file is bencoded, but not a torrent: a torrent is a dictionary.',
  },
  METAINFO_TRAILING_BYTES: {
    category: 'integrity',
    help: 'Something other than blanks follows the end of the torrent. The file was damaged or something was appended to it.',
  },
  METAINFO_INFO_MISSING: {
    category: 'integrity',
    help: 'The torrent has no info dictionary, so it describes no files.',
  },
  METAINFO_UNKNOWN_VERSION: {
    category: 'integrity',
    help: 'The torrent has a newer format (meta version) than this program knows. Look for a newer version of this program.',
  },
  METAINFO_VERSION_MISSING: {
    category: 'integrity',
    help: 'The torrent has a v2 file tree but does not declare meta version 2 (BEP 52).',
  },
  METAINFO_PIECE_LENGTH: {
    category: 'integrity',
    help: 'The piece length is missing or not allowed: it must be positive and at most 512 MiB; in v2 torrents a power of two of at least 16 KiB.',
  },
  METAINFO_SEALED: {
    category: 'integrity',
    help: 'The sealed torrent describes files that do not fit what its swarm shares. Ask its author to make it again.',
  },
  METAINFO_NAME_MISSING: { category: 'integrity', help: 'The torrent has no name, or the name is not a string.' },
  METAINFO_LENGTH_OR_FILES: {
    category: 'integrity',
    help: 'A v1 torrent must have either a length (one file) or a list of files, and not both (BEP 3).',
  },
  METAINFO_FILE_INVALID: {
    category: 'integrity',
    help: 'An entry of the file list is not a dictionary, or its symlink path is not a list of strings.',
  },
  METAINFO_FILE_LENGTH: {
    category: 'integrity',
    help: 'The length of a file is missing, negative, larger than 2^53 bytes or not an integer.',
  },
  METAINFO_TOTAL_LENGTH: { category: 'integrity', help: 'The files together are larger than 2^53 bytes.' },
  METAINFO_PATH_INVALID: {
    category: 'integrity',
    help: 'The path of a file is missing, empty or not a list of strings.',
  },
  METAINFO_PATH_TOO_DEEP: {
    category: 'integrity',
    help: 'A file lies under more folders than the limit, which no genuine torrent does.',
  },
  METAINFO_TOO_MANY_DUPLICATES: {
    category: 'integrity',
    help: 'Too many files have the same name. A few are renamed; so many are a sign of a malicious torrent.',
  },
  METAINFO_NO_FILES: { category: 'integrity', help: 'The torrent lists no files.' },
  METAINFO_NO_DATA: {
    category: 'integrity',
    help: 'All files of the torrent are empty, so there is nothing to share.',
  },
  METAINFO_PIECES_MISSING: { category: 'integrity', help: 'The v1 piece hashes are missing or not a string.' },
  METAINFO_PIECES_LENGTH: {
    category: 'integrity',
    help: 'The v1 piece hashes are not a whole number of SHA-1 hashes of 20 bytes.',
  },
  METAINFO_PIECES_COUNT: {
    category: 'integrity',
    help: 'The number of v1 piece hashes does not fit the size of the files.',
  },
  METAINFO_TOO_MANY_PIECES: {
    category: 'integrity',
    help: 'The torrent has more pieces than the limit. Whoever makes it should choose a larger piece length.',
  },
  METAINFO_FILE_TREE_INVALID: {
    category: 'integrity',
    help: 'The v2 file tree is missing or malformed: each name must lead to a folder or to one file, and the root must not be a file (BEP 52).',
  },
  METAINFO_FILE_TREE_PAD: {
    category: 'integrity',
    help: 'The v2 file tree has a pad file. v2 aligns files without pad files (BEP 52).',
  },
  METAINFO_PIECES_ROOT: {
    category: 'integrity',
    help: 'The merkle root of a v2 file is missing, not 32 bytes long, zero, or shared by files of different lengths.',
  },
  METAINFO_HYBRID_MISMATCH: {
    category: 'integrity',
    help: 'The v1 and v2 parts of a hybrid torrent do not describe the same files at the same places (BEP 52). Such a torrent cannot be trusted.',
  },
  METAINFO_PIECE_LAYER_INVALID: {
    category: 'integrity',
    help: 'A v2 piece layer belongs to no file of the torrent or does not have one hash for each piece.',
  },
  METAINFO_PIECE_LAYER_ROOT: {
    category: 'integrity',
    help: 'A v2 piece layer does not lead to the merkle root of its file: the torrent was damaged or forged.',
  },
  METAINFO_CREATE_NO_DATA: { category: 'usage', help: 'A torrent needs at least one file that is not empty.' },
  METAINFO_CREATE_PATH: {
    category: 'usage',
    help: 'A file cannot be put into a torrent under this path: it is empty, has an element that is empty, "." or "..", or holds "/" or NUL, or two files share it.',
  },
  METAINFO_CREATE_PIECE_LENGTH: {
    category: 'usage',
    help: 'Choose a piece length that is a power of two from 16 KiB to 256 MiB and gives at most 2,097,152 pieces.',
  },
} as const;

export const metainfoError: ReturnType<typeof errorsOf<typeof metainfoErrors>> = errorsOf(metainfoErrors);

export const magnetErrors = {
  MAGNET_NOT_A_LINK: {
    category: 'usage',
    help: 'The text is not a magnet link: it must begin with magnet:? and name an info hash.',
  },
  MAGNET_NO_HASH: {
    category: 'usage',
    help: 'The magnet link names no BitTorrent info hash (xt=urn:btih:… or xt=urn:btmh:…). Links of other networks cannot be used.',
  },
  MAGNET_BAD_HASH: {
    category: 'usage',
    help: 'The info hash is malformed: v1 has 40 hexadecimal or 32 base32 characters, v2 has 1220 and 64 hexadecimal characters.',
  },
} as const;

export const magnetError: ReturnType<typeof errorsOf<typeof magnetErrors>> = errorsOf(magnetErrors);
