/** Keys that were pressed, by what a terminal in raw mode sends. */

export type Key =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'escape'
  | 'ctrl-c'
  | 'ctrl-l'
  | (string & {});

const sequences: ReadonlyMap<string, Key> = new Map([
  ['[A', 'up'],
  ['OA', 'up'],
  ['[B', 'down'],
  ['OB', 'down'],
  ['[5~', 'page-up'],
  ['[6~', 'page-down'],
  ['[H', 'home'],
  ['OH', 'home'],
  ['[1~', 'home'],
  ['[F', 'end'],
  ['OF', 'end'],
  ['[4~', 'end'],
]);
const controls: ReadonlyMap<string, Key> = new Map([
  ['\u0003', 'ctrl-c'],
  ['\u000c', 'ctrl-l'],
]);

/** A sequence for a letter (CSI, SS3), or a letter. */
const KEYS = /\u001b(\[[0-?]*[ -/]*[@-~]|O.)|\u001b|[^\u001b]/gu;

/** The keys of what has come at a time; a letter is its own name, and unknown sequences are left out. */
export function keysIn(text: string): Key[] {
  return [...text.matchAll(KEYS)].flatMap(([whole, sequence]) => {
    if (sequence !== undefined) return sequences.get(sequence) ?? [];
    return whole === '\u001b' ? 'escape' : (controls.get(whole) ?? whole);
  });
}
