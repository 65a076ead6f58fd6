/** Files with the numbers by which `--select` names them. */
import type { ByteCount, FileIndex } from '../../base/units.ts';
import { escapeText } from './escape.ts';
import { formatBytes, plural } from './format.ts';

export interface ListedFile {
  readonly index: FileIndex;
  readonly path: string;
  readonly length: ByteCount;
}

export function renderFileList(name: string, files: readonly ListedFile[]): string[] {
  const indexWidth = Math.max(1, ...files.map((file) => String(file.index).length));
  const sizes = files.map((file) => formatBytes(file.length));
  const sizeWidth = Math.max(0, ...sizes.map((size) => size.length));
  const rows = files.map(
    (file, i) =>
      `${String(file.index).padStart(indexWidth)}  ${(sizes[i] as string).padStart(sizeWidth)}  ${escapeText(file.path)}`,
  );
  return [`${escapeText(name)}: ${plural(files.length, 'file')}`, ...rows];
}
