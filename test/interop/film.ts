/** A film for tests, made and looked at by ffmpeg. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const FILM_SECONDS = 64;

/** Where the table of its pictures is: encoders write it at last, who puts films on the web moves it. */
export type FilmIndex = 'at its end' | 'in front';

/** Makes an MP4 of about 20 MB, with the same number of bytes for each second. */
export async function makeFilm(file: string, index: FilmIndex): Promise<void> {
  const picture = `testsrc2=size=640x360:rate=25:duration=${FILM_SECONDS}`;
  const sound = `sine=frequency=440:duration=${FILM_SECONDS}`;
  const rate = ['-b:v', '2500k', '-minrate', '2500k', '-maxrate', '2500k', '-bufsize', '2500k'];
  await run('ffmpeg', [
    ...['-loglevel', 'error', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-pix_fmt', 'yuv420p', ...rate],
    ...['-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', '-b:a', '96k'],
    ...(index === 'in front' ? ['-movflags', '+faststart'] : []),
    file,
  ]);
}

/** Seconds. */
export async function lengthOf(link: string): Promise<number> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', link]);
  return Number(stdout);
}
