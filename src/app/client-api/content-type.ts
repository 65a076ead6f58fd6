/**
 * What a file of a torrent is served as, by its name. Strangers have made it: what a browser would run as a page of ours
 * (HTML, SVG, scripts, whatever is not known) is bytes to be saved.
 */

const BYTES = 'application/octet-stream';

const types: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mkv: 'video/x-matroska',
  webm: 'video/webm',
  mov: 'video/quicktime',
  avi: 'video/x-msvideo',
  ts: 'video/mp2t',
  m2ts: 'video/mp2t',
  mpg: 'video/mpeg',
  mpeg: 'video/mpeg',
  ogv: 'video/ogg',
  wmv: 'video/x-ms-wmv',
  flv: 'video/x-flv',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  m4b: 'audio/mp4',
  aac: 'audio/aac',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  wma: 'audio/x-ms-wma',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  txt: 'text/plain; charset=utf-8',
  nfo: 'text/plain; charset=utf-8',
  md: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  srt: 'text/plain; charset=utf-8',
  ass: 'text/plain; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
};

export function contentTypeOf(name: string): string {
  const ending = /\.(\w{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(types, ending) ? (types[ending] as string) : BYTES;
}

/** Whether it may be shown where it is, and not only saved. */
export const isShown = (type: string): boolean => type !== BYTES;

/** Whether a media player plays it. */
export const isPlayable = (type: string): boolean => /^(video|audio)\//.test(type);
