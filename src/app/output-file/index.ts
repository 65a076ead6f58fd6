/** Files that appear whole or not at all, and the folders for them. */
export { makeFolder } from '../../storage/index.ts';
export { OutputFile, syncFolder } from './output-file.ts';
