/** The files of a torrent of the daemon as a tree, with what is there of each. */
import type { FileView } from '../../app/client/index.ts';
import { treeRows, type TreeRow } from './file-tree.ts';
import { formatBytes, formatPercent } from './format.ts';
import { type Column, renderTable } from './table.ts';
import type { Paint } from './torrent-table.ts';

type FileRow = TreeRow<Omit<FileView, 'path'> & { readonly path: readonly string[] }>;

/** `paint` colours by meaning, `heading` the titles. */
export function fileLines(
  files: readonly FileView[],
  width: number,
  paint: Paint,
  heading: (text: string) => string,
): string[] {
  if (files.length === 0) return ['The files are known when the metadata is there.'];
  const rows = treeRows(files.map((file) => ({ ...file, path: file.path.split('/') })));
  const quietUnwanted = (text: string, { below }: FileRow): string =>
    below.every(({ priority }) => priority === 0) ? paint(text, 'quiet') : text;
  const columns: readonly Column<FileRow>[] = [
    { title: '#', cell: ({ file }) => (file === null ? '' : String(file.index)), align: 'right' },
    { title: 'DONE', cell: doneOf, align: 'right' },
    { title: 'SIZE', cell: ({ below }) => formatBytes(sum(below, 'size')), align: 'right', rank: 2 },
    { title: 'PRIORITY', cell: ({ file }) => (file === null ? '' : priorityWord(file.priority)), rank: 1 },
    { title: 'FILE', cell: ({ left }) => left, isFlexible: true, style: quietUnwanted },
  ];
  const isPlain = files.every(({ priority }) => priority === NORMAL);
  const shown = isPlain ? columns.filter(({ title }) => title !== 'PRIORITY') : columns;
  return renderTable(shown, rows, width, heading);
}

const NORMAL = 4;

/** 0 … 7, as `--priority` takes it. */
const priorityWord = (priority: number): string =>
  ({ 0: 'skip', 1: 'low', [NORMAL]: 'normal', 7: 'high' })[priority] ?? String(priority);

const sum = (files: FileRow['below'], key: 'size' | 'done'): number =>
  files.reduce((total, file) => total + file[key], 0);

const doneOf = ({ below }: FileRow): string => formatPercent(sum(below, 'done'), sum(below, 'size'));
