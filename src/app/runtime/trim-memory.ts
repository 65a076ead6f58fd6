/**
 * Memory that the process holds and does not use.
 *
 * What was freed and the C library keeps: what lies outside of V8's heap, such as the bytes of torrents, is freed in pieces
 * of some kilobytes, and glibc hands none of them to the system while something behind them is in use: three thousand
 * torrents of a thousand pieces left 60 MB behind.
 *
 * What of the program itself was read: Node's start touches 40 MiB of its file and its libraries, most of it never again.
 * They stay mapped until the system is short of memory; let go of, what is needed again comes back from the page cache, in
 * a millisecond for all of it.
 */
import { readFileSync } from 'node:fs';

/** What we use of `node:ffi`, which Node has since 26.1 and calls experimental. */
interface Ffi {
  dlopen(path: null, signatures: object): { readonly functions: CLibrary };
}

interface CLibrary {
  malloc_trim(keep: bigint): number;
  madvise(address: bigint, length: bigint, advice: number): number;
}

/** Of madvise(2): the pages are not expected to be used soon. */
const MADV_DONTNEED = 4;
/** From where to where a file is mapped that nobody can write there, in /proc/self/smaps. */
const READ_ONLY_FILE = /^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ [1-9]/;
/**
 * All of its pages are the file's: one that differed, such as an address that the linker has filled in, would be lost.
 * Those that were swapped out are no longer counted as anonymous.
 */
const IS_UNCHANGED = /^Anonymous:\s+0 kB$[^]*^Swap:\s+0 kB$/m;

let library: CLibrary | null | undefined;

/** Gives it to the system, where that can be done (glibc); false where it cannot. Takes some milliseconds. */
export function trimMemory(): boolean {
  library ??= process.platform === 'linux' ? load() : null;
  if (library === null) return false;
  library.malloc_trim(0n);
  releaseFiles(library);
  return true;
}

function releaseFiles(c: CLibrary): void {
  for (const { start, length } of unchangedFiles(mappings())) c.madvise(start, length, MADV_DONTNEED);
}

/** Where files are mapped of which every page can be read again, by what smaps says (proc_pid_smaps(5)). */
export function unchangedFiles(smaps: string): { readonly start: bigint; readonly length: bigint }[] {
  return smaps.split(/^(?=[0-9a-f]+-)/m).flatMap((mapping) => {
    const [, from, to] = READ_ONLY_FILE.exec(mapping) ?? [];
    if (from === undefined || !IS_UNCHANGED.test(mapping)) return [];
    const start = BigInt(`0x${from}`);
    return [{ start, length: BigInt(`0x${to}`) - start }];
  });
}

/** None when no more files can be opened. */
function mappings(): string {
  try {
    return readFileSync('/proc/self/smaps', 'latin1');
  } catch {
    return '';
  }
}

function load(): CLibrary | null {
  const node: { emitWarning: unknown } = process;
  const warn = node.emitWarning;
  try {
    node.emitWarning = () => {}; // of everything experimental
    const ffi = process.getBuiltinModule('node:ffi') as unknown as Ffi | undefined;
    const signatures = {
      malloc_trim: { arguments: ['u64'], return: 'i32' },
      madvise: { arguments: ['u64', 'u64', 'i32'], return: 'i32' },
    };
    return ffi?.dlopen(null, signatures).functions ?? null;
  } catch {
    return null;
  } finally {
    node.emitWarning = warn;
  }
}
