/** Why a torrent is slow, for people: a sentence, then the reasons with what can be done. */
import type { Diagnosis, Finding } from '../../app/client/index.ts';
import { escapeText } from './escape.ts';
import type { Paint } from './torrent-table.ts';
import type { Tone } from './torrent-words.ts';
import { wrap } from './wrap.ts';

const tones: Readonly<Record<Finding['weight'], Tone>> = { blocks: 'bad', slows: 'caution', note: 'quiet' };
/** Cells before the words of a finding. */
const INDENT = 8;

export function diagnosisLines(name: string, { summary, findings }: Diagnosis, width: number, paint: Paint): string[] {
  return [
    ...wrap(`${escapeText(name)}: ${escapeText(summary)}`, width),
    ...findings.flatMap((finding) => findingLines(finding, width, paint)),
  ];
}

function findingLines({ weight, message, advice }: Finding, width: number, paint: Paint): string[] {
  const pad = ' '.repeat(INDENT);
  const [first = '', ...rest] = wrap(escapeText(message), width - INDENT);
  return [
    `${paint(weight.padEnd(INDENT), tones[weight])}${first}`,
    ...[...rest, ...(advice === null ? [] : wrap(escapeText(advice), width - INDENT))].map((line) => pad + line),
  ];
}
