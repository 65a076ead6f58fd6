/** The files of a torrent as a tree with sizes. */
import type { ByteCount } from '../../base/units.ts';
import { escapeText } from './escape.ts';
import { formatBytes } from './format.ts';
import { displayWidth, padEnd, padStart, truncateMiddle } from './width.ts';

export interface TreeFile {
  readonly path: readonly string[];
  readonly length: ByteCount;
  /** A remark behind the size, such as `executable` or `-> target`. */
  readonly note?: string;
}

/** A line of a tree: a file, or a folder (null). */
export interface TreeRow<T> {
  /** Branches and name, escaped. */
  readonly left: string;
  readonly file: T | null;
  /** What lies below a folder; of a file the file itself. */
  readonly below: readonly T[];
}

interface Folder<T> {
  readonly folders: Map<string, Folder<T>>;
  readonly files: { readonly name: string; readonly file: T }[];
}

/** One line a folder and a file, folders first, else in the order of the torrent; sizes in a column of their own; at most `width` cells wide. */
export function renderFileTree(files: readonly TreeFile[], width: number): string[] {
  const rows = treeRows(files).map(({ left, file }) => ({
    left,
    size: file === null ? '' : formatBytes(file.length),
    note: escapeText(file?.note ?? ''),
  }));
  const sizeWidth = Math.max(0, ...rows.map((row) => row.size.length));
  const room = Math.max(20, width - sizeWidth - 2);
  const leftWidth = Math.min(room, Math.max(0, ...rows.map((row) => displayWidth(row.left))));
  return rows.map(({ left, size, note }) => {
    if (size === '') return truncateMiddle(left, width);
    const line = `${padEnd(truncateMiddle(left, leftWidth), leftWidth)}  ${padStart(size, sizeWidth)}`;
    return note === '' ? line : `${line}  ${note}`;
  });
}

/** Files with their folders, these first, else in the order of the torrent. */
export function treeRows<T extends Pick<TreeFile, 'path'>>(files: readonly T[]): TreeRow<T>[] {
  const root: Folder<T> = { folders: new Map(), files: [] };
  for (const file of files) insert(root, file);
  const rows: TreeRow<T>[] = [];
  walk(root, '', rows);
  return rows;
}

function insert<T extends Pick<TreeFile, 'path'>>(root: Folder<T>, file: T): void {
  let folder = root;
  for (const element of file.path.slice(0, -1)) {
    let next = folder.folders.get(element);
    if (next === undefined) {
      next = { folders: new Map(), files: [] };
      folder.folders.set(element, next);
    }
    folder = next;
  }
  folder.files.push({ name: file.path.at(-1) ?? '', file });
}

function walk<T>(folder: Folder<T>, indent: string, rows: TreeRow<T>[]): void {
  const entries = folder.folders.size + folder.files.length;
  let index = 0;
  const branch = (): { tip: string; rest: string } => {
    index++;
    return index === entries ? { tip: '└─ ', rest: '   ' } : { tip: '├─ ', rest: '│  ' };
  };
  for (const [name, child] of folder.folders) {
    const { tip, rest } = branch();
    rows.push({ left: `${indent}${tip}${escapeText(name)}/`, file: null, below: filesBelow(child) });
    walk(child, indent + rest, rows);
  }
  for (const { name, file } of folder.files) {
    const { tip } = branch();
    rows.push({ left: `${indent}${tip}${escapeText(name)}`, file, below: [file] });
  }
}

const filesBelow = <T>({ folders, files }: Folder<T>): T[] => [
  ...[...folders.values()].flatMap(filesBelow),
  ...files.map(({ file }) => file),
];
