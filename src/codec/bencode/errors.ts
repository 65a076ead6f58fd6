import { errorsOf } from '../../base/errors.ts';

export const bencodeErrors = {
  BENCODE_TOO_LARGE: {
    category: 'integrity',
    help: 'The bencoded data is larger than the limit. Nothing of it was read; raise the limit only for data that you trust.',
  },
  BENCODE_TOO_DEEP: {
    category: 'integrity',
    help: 'Lists and dictionaries are nested deeper than the limit, which no genuine torrent or message does.',
  },
  BENCODE_TOO_MANY_TOKENS: {
    category: 'integrity',
    help: 'The data has more values than the limit, which no genuine torrent or message has.',
  },
  BENCODE_TRUNCATED: {
    category: 'integrity',
    help: 'The data ends in the middle of a value. The file or message is incomplete: get it again.',
  },
  BENCODE_SYNTAX: {
    category: 'integrity',
    help: 'The data is not bencoded. Check that the file really is a .torrent and not, for instance, a web page with an error.',
  },
  BENCODE_BAD_INTEGER: {
    category: 'integrity',
    help: 'A number is empty, has a leading zero, is -0 or has more than 20 digits, which bencoding forbids or nobody needs.',
  },
  BENCODE_UNSORTED_KEYS: {
    category: 'integrity',
    help: 'The keys of a dictionary are not in order, as bencoding demands; the program that made the data is at fault.',
  },
  BENCODE_DUPLICATE_KEY: {
    category: 'integrity',
    help: 'A dictionary has the same key twice, so its meaning is not certain; the program that made the data is at fault.',
  },
  BENCODE_TRAILING_BYTES: {
    category: 'integrity',
    help: 'Bytes follow the end of the bencoded value. The file was damaged or something was appended to it.',
  },
} as const;

export type BencodeErrorCode = keyof typeof bencodeErrors;

export const bencodeError: ReturnType<typeof errorsOf<typeof bencodeErrors>> = errorsOf(bencodeErrors);
