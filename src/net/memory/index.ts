export { MemoryNetwork } from './memory-transport.ts';
