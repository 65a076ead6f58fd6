/**
 * Makes a folder and those above it. Not by `mkdir` with `recursive`: Node's never ends where the system says ENOENT although
 * the folder above is there, as it does below /proc.
 */
import fs from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../base/errors.ts';

/** What is there already stays as it is. Throws the system's error, EEXIST when something else than a folder is there. */
export function makeFolder(path: string, mode = 0o777): void {
  const first = attempt(path, mode);
  if (first === null) return;
  const above = dirname(path);
  if (codeOf(first) !== 'ENOENT' || above === path) throw first;
  makeFolder(above, mode);
  const second = attempt(path, mode);
  if (second !== null) throw second;
}

/** Null: the folder is there now, whoever made it. */
function attempt(path: string, mode: number): unknown {
  try {
    fs.mkdirSync(path, { mode });
    return null;
  } catch (error) {
    return isFolder(path) ? null : error;
  }
}

function isFolder(path: string): boolean {
  try {
    return fs.statSync(path).isDirectory();
  } catch {
    return false;
  }
}
