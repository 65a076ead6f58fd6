/**
 * A file of a torrent, while it may still be downloading: whole, in ranges (RFC 9110, 14), or only its head. Bytes go
 * out as they become available and as fast as the client takes them; when it goes away, nothing more is read.
 */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toHex, utf8 } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import type { FileReader, FileView, ManagedTorrent } from '../client/index.ts';
import { apiError } from '../http-api/index.ts';
import type { Caller } from '../access/index.ts';
import { CallerShares } from './caller-shares.ts';
import { attachment, inline } from './content-disposition.ts';
import { contentTypeOf, isShown } from './content-type.ts';
import { type ByteRange, parseRanges } from './ranges.ts';
import type { ApiContext } from './context.ts';

/** Files that are read at the same time. */
const MOST_READERS = 64;
/** Of one caller; all who come with tickets are one. */
const MOST_OF_CALLER = 32;
/** Bytes that wait for a client that takes them slowly. */
const BUFFERED: ByteCount = 128 * 1024;
/**
 * Strangers have made it: whatever it is, it runs nothing and asks for nothing. It is of our origin all the same, because
 * the page that a browser makes around a film asks for the film as its origin (CORS).
 */
const POLICY =
  "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox allow-same-origin";

export interface SentFile {
  readonly torrent: ManagedTorrent;
  /** Of the file. */
  readonly index: number;
  /** To be saved, not shown. */
  readonly isSaved: boolean;
}

/** Who asks for it, and how it is answered. */
interface AskedFile extends Pick<ApiContext, 'readers' | 'random' | 'logger'> {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Places for files that are read. */
export const fileReaders = (): CallerShares => new CallerShares(MOST_READERS, MOST_OF_CALLER);

/** Throws API_NOT_FOUND, API_PRECONDITION, API_RANGE, API_CONFLICT, API_BUSY. */
export function sendFile({ torrent, index, isSaved }: SentFile, asked: AskedFile): FastifyReply {
  const { caller, request, reply, readers } = asked;
  const file = fileOf(torrent, index);
  const reader = torrent.open(index);
  const name = file.path.split('/').at(-1) as string;
  const type = contentTypeOf(name);
  const tag = `"${torrent.hash}-${index}-${file.size}"`;
  void reply
    .header('accept-ranges', 'bytes')
    .header('etag', tag)
    .header('cache-control', 'private, no-cache')
    .header('content-security-policy', POLICY)
    .header('content-disposition', isSaved || !isShown(type) ? attachment(name) : inline(name));
  const { headers } = request;
  if (headers['if-match'] !== undefined && !matches(headers['if-match'], tag)) {
    throw apiError('API_PRECONDITION', 'the file is another one');
  }
  if (headers['if-none-match'] !== undefined && matches(headers['if-none-match'], tag)) return reply.code(304).send();
  const ranges = request.method === 'HEAD' ? 'whole' : wantedRanges(headers, tag, file.size);
  if (ranges === 'none') {
    void reply.header('content-range', `bytes */${file.size}`);
    throw apiError('API_RANGE', `the file has ${file.size} bytes, and nothing of it is in these ranges`);
  }
  const answer = planOf(ranges, type, file.size, () => toHex(asked.random.bytes(12)));
  for (const [header, value] of Object.entries(answer.headers)) void reply.header(header, value);
  void reply.code(ranges === 'whole' ? 200 : 206);
  if (request.method === 'HEAD') return reply.send();
  requireRunning(torrent, file);
  const place = readers.take(caller, 'readers of files');
  reply.raw.once('close', () => place[Symbol.dispose]());
  return reply.send(streamOf(reader, answer.parts, reply, asked));
}

function fileOf(torrent: ManagedTorrent, index: number): FileView {
  const file = torrent.files().find((one) => one.index === index);
  if (file === undefined) throw apiError('API_NOT_FOUND', 'the torrent has no such file');
  return file;
}

/** Of a torrent that does not run nothing more would come. */
function requireRunning(torrent: ManagedTorrent, { size, done }: FileView): void {
  const { state } = torrent.view();
  if (done < size && (state === 'stopped' || state === 'failed')) {
    throw apiError('API_CONFLICT', `the file is not complete, and the torrent is ${state}`);
  }
}

/** Entity tags of a list, weak ones without their mark; `*` is any. */
const matches = (list: string, tag: string): boolean =>
  list.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag);

/** If-Range makes ranges of another file a wish for the whole; a date cannot match, because files have none. */
function wantedRanges(
  headers: { readonly range?: string | undefined; readonly 'if-range'?: string | string[] | undefined },
  tag: string,
  size: ByteCount,
): ReturnType<typeof parseRanges> {
  const condition = headers['if-range'];
  return condition !== undefined && condition !== tag ? 'whole' : parseRanges(headers.range, size);
}

interface Answer {
  readonly headers: Readonly<Record<string, string | number>>;
  /** What is sent: bytes of the file, and what stands between them. */
  readonly parts: readonly (ByteRange | Uint8Array)[];
}

function planOf(
  ranges: readonly ByteRange[] | 'whole',
  type: string,
  size: ByteCount,
  boundaryOf: () => string,
): Answer {
  if (ranges === 'whole') {
    return { headers: { 'content-type': type, 'content-length': size }, parts: [{ from: 0, to: size }] };
  }
  const rangeOf = ({ from, to }: ByteRange): string => `bytes ${from}-${to - 1}/${size}`;
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) {
    const headers = { 'content-type': type, 'content-length': only.to - only.from, 'content-range': rangeOf(only) };
    return { headers, parts: [only] };
  }
  // RFC 9110, 14.6.
  const boundary = boundaryOf();
  const parts = ranges.flatMap((range) => [
    utf8(`\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${rangeOf(range)}\r\n\r\n`),
    range,
  ]);
  parts.push(utf8(`\r\n--${boundary}--\r\n`));
  const length = parts.reduce((sum, part) => sum + ('from' in part ? part.to - part.from : part.length), 0);
  return { headers: { 'content-type': `multipart/byteranges; boundary=${boundary}`, 'content-length': length }, parts };
}

function streamOf(
  reader: FileReader,
  parts: readonly (ByteRange | Uint8Array)[],
  reply: FastifyReply,
  { logger, caller }: Pick<AskedFile, 'logger' | 'caller'>,
): Readable {
  const gone = new AbortController();
  const { raw } = reply;
  raw.once('close', () => gone.abort());
  // The head goes out at once, and not only with the first bytes, which may take minutes to arrive.
  const bytes = whileAllowed(
    bytesOf(reader, parts, gone.signal, () => raw.flushHeaders()),
    caller,
  );
  const stream = Readable.from(bytes, { objectMode: false, highWaterMark: BUFFERED });
  stream.on('error', (error) => {
    if (!gone.signal.aborted) logger.debug('file content ended early', { error: messageOf(error) });
  });
  return stream;
}

async function* bytesOf(
  reader: FileReader,
  parts: readonly (ByteRange | Uint8Array)[],
  signal: AbortSignal,
  onStart: () => void,
): AsyncGenerator<Uint8Array> {
  onStart();
  for (const part of parts) {
    if ('from' in part) yield* reader.read(part.from, part.to, { signal });
    else yield part;
  }
}

/** Ends when the token is revoked, or the user goes. What a ticket has begun may end: a film may last longer than it. */
async function* whileAllowed(bytes: AsyncIterable<Uint8Array>, caller: Caller): AsyncGenerator<Uint8Array> {
  for await (const some of bytes) {
    if (caller.kind !== 'ticket' && !caller.isValid())
      throw apiError('API_TOKEN_INVALID', 'the caller may read no more');
    yield some;
  }
}
