/** Colours by meaning, for what goes to stdout. */
import type { Output } from './output.ts';
import type { Tone } from './torrent-words.ts';

export function paintOf(output: Output): (text: string, tone: Tone) => string {
  const paints: Readonly<Record<Tone, (text: string) => string>> = {
    good: (text) => output.good(text),
    plain: (text) => text,
    quiet: (text) => output.dim(text),
    caution: (text) => output.caution(text),
    bad: (text) => output.bad(text),
  };
  return (text, tone) => paints[tone](text);
}
