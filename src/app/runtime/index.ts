/** Door of the runtime: what a program tells V8 before it loads the engine, and after; what the system lets it have. */
export { importCompiled } from './import-compiled.ts';
export { lockFolder } from './lock-folder.ts';
export { mostOpenFiles } from './open-files.ts';
export { endLoading, keepHeapSmall, keepNurserySmall, loadFast, tuneRuntime } from './tune-runtime.ts';
