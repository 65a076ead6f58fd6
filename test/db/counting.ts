/** Processes that count (`counting-process.ts`), and what they leave behind. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { openDatabase } from '../../src/db/open-database.ts';

export const countedTorrents: readonly Uint8Array[] = Array.from({ length: 100 }, (_, i) => new Uint8Array(20).fill(i));

export interface Counting {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  /** The last transaction that the process was told is made; complete when the process has closed. */
  confirmed(): number;
}

export function startCounting(path: string, rounds: number, onFirst: () => void = () => {}): Counting {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'counting-process.ts'), path, String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (text === '') onFirst();
    text += chunk;
  });
  return { child, confirmed: () => Number(text.split('\n').at(-2) ?? 0) };
}

/** Opens what processes left: the different counts of the torrents (one, when each transaction was whole) and names. */
export async function takeOver(path: string): Promise<{ counts: number[]; names: number[] }> {
  await using database = await openDatabase(path);
  const counts = new Set<number>();
  for await (const page of database.tracker.torrents.loadCounts()) for (const { count } of page) counts.add(count);
  let names = 0;
  for await (const page of database.tracker.accounts.load()) names += page.length;
  return { counts: [...counts], names: [names] };
}
