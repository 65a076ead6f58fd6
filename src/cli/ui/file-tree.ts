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

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: { readonly name: string; readonly file: TreeFile }[];
}

/** One line a folder and a file, folders first, else in the order of the torrent; sizes in a column of their own; at most `width` cells wide. */
export function renderFileTree(files: readonly TreeFile[], width: number): string[] {
  const root: Folder = { folders: new Map(), files: [] };
  for (const file of files) insert(root, file);
  const rows: { left: string; size: string; note: string }[] = [];
  walk(root, '', rows);
  const sizeWidth = Math.max(0, ...rows.map((row) => row.size.length));
  const room = Math.max(20, width - sizeWidth - 2);
  const leftWidth = Math.min(room, Math.max(0, ...rows.map((row) => displayWidth(row.left))));
  return rows.map(({ left, size, note }) => {
    if (size === '') return truncateMiddle(left, width);
    const line = `${padEnd(truncateMiddle(left, leftWidth), leftWidth)}  ${padStart(size, sizeWidth)}`;
    return note === '' ? line : `${line}  ${note}`;
  });
}

function insert(root: Folder, file: TreeFile): void {
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

function walk(folder: Folder, indent: string, rows: { left: string; size: string; note: string }[]): void {
  const entries = folder.folders.size + folder.files.length;
  let index = 0;
  const branch = (): { tip: string; rest: string } => {
    index++;
    return index === entries ? { tip: '└─ ', rest: '   ' } : { tip: '├─ ', rest: '│  ' };
  };
  for (const [name, child] of folder.folders) {
    const { tip, rest } = branch();
    rows.push({ left: `${indent}${tip}${escapeText(name)}/`, size: '', note: '' });
    walk(child, indent + rest, rows);
  }
  for (const { name, file } of folder.files) {
    const { tip } = branch();
    rows.push({
      left: `${indent}${tip}${escapeText(name)}`,
      size: formatBytes(file.length),
      note: escapeText(file.note ?? ''),
    });
  }
}
