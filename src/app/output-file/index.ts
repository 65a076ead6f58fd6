/** Files that appear whole or not at all. */
export { OutputFile } from './output-file.ts';
