/** Door of the runtime: what a program tells V8 before it loads the engine, and after. */
export { importCompiled } from './import-compiled.ts';
export { keepHeapSmall, tuneRuntime } from './tune-runtime.ts';
