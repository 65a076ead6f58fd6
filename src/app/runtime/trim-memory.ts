/**
 * Memory that was freed and that the C library keeps. What lies outside of V8's heap, such as the bytes of torrents, is
 * freed in pieces of some kilobytes, and glibc hands none of them to the system while something behind them is in use:
 * three thousand torrents of a thousand pieces left 60 MB behind.
 */

/** What we use of `node:ffi`, which Node has since 26.1 and calls experimental. */
interface Ffi {
  dlopen(path: null, signatures: object): { readonly functions: CLibrary };
}

interface CLibrary {
  malloc_trim(keep: bigint): number;
}

let library: CLibrary | null | undefined;

/** Gives it to the system, where that can be done (glibc); false where it cannot. Takes some milliseconds. */
export function trimMemory(): boolean {
  library ??= process.platform === 'linux' ? load() : null;
  library?.malloc_trim(0n);
  return library !== null;
}

function load(): CLibrary | null {
  const node: { emitWarning: unknown } = process;
  const warn = node.emitWarning;
  try {
    node.emitWarning = () => {}; // of everything experimental
    const ffi = process.getBuiltinModule('node:ffi') as unknown as Ffi | undefined;
    return ffi?.dlopen(null, { malloc_trim: { arguments: ['u64'], return: 'i32' } }).functions ?? null;
  } catch {
    return null;
  } finally {
    node.emitWarning = warn;
  }
}
