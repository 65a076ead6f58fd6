/** The name that was probably meant. */

/** Longest name that is looked at, characters: a longer one is no slip of the keyboard. */
const LONGEST_NAME = 64;

/** The known name nearest to a mistaken one, or null when none is near. Case, `-` and `_` do not count. */
export function nearestName(mistaken: string, known: readonly string[]): string | null {
  if (mistaken.length > LONGEST_NAME) return null;
  const plain = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase();
  const wanted = plain(mistaken);
  let nearest: string | null = null;
  let least = Math.floor(wanted.length / 3) + 1;
  for (const name of known) {
    const distance = editDistance(wanted, plain(name));
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** Least number of letters to change, add, take away or swap with the next (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] as number) + 1);
      }
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  return row[b.length] as number;
}
