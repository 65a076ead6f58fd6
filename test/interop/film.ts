/** A film for tests, made and looked at by ffmpeg. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const FILM_SECONDS = 64;

/**
 * A container, and where in it the table of its pictures is: encoders write it at last, who puts films on the web moves
 * it. An MP4 is nothing without its table; an MKV needs it to seek.
 */
export type FilmKind = 'mp4 with its index at its end' | 'mp4 with its index in front' | 'mkv';

/** Makes a film of about 20 MB, with the same number of bytes for each second; the name of the file says its container. */
export async function makeFilm(file: string, kind: FilmKind): Promise<void> {
  const picture = `testsrc2=size=640x360:rate=25:duration=${FILM_SECONDS}`;
  const sound = `sine=frequency=440:duration=${FILM_SECONDS}`;
  const rate = ['-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-bufsize', '2500k'];
  await run('ffmpeg', [
    ...['-loglevel', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-pix_fmt', 'yuv420p', ...rate],
    ...['-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', '-b:a', '96k'],
    ...(kind === 'mp4 with its index in front' ? ['-movflags', '+faststart'] : []),
    file,
  ]);
}

/** Seconds. */
export async function lengthOf(link: string): Promise<number> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', link]);
  return Number(stdout);
}
