/**
 * The few calls of the system's C library that Node does not offer: sockets that are bound to a network interface, and
 * the question by which interface something would leave. They are made through `node:ffi`, which Node has since 26.1 and
 * calls experimental; so each answer is checked, and where it is missing nothing is sent (docs/adr/0018). The numbers
 * here and in the files that call this are those of Linux.
 */
import { getSystemErrorMap } from 'node:util';
import { netError } from '../errors.ts';

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  send(fd: number, bytes: Uint8Array, length: bigint, flags: number): bigint;
  recv(fd: number, bytes: Uint8Array, length: bigint, flags: number): bigint;
  if_nametoindex(name: string): number;
  if_indextoname(index: number, name: Uint8Array): bigint;
  close(fd: number): number;
  __errno_location(): bigint;
}

/** What we use of `node:ffi`. */
interface Ffi {
  dlopen(path: null, signatures: object): { readonly functions: Libc };
  getInt32(pointer: bigint, offset: number): number;
}

const signatures = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'buffer'], return: 'i32' },
  bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'buffer', 'buffer'], return: 'i32' },
  send: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i64' },
  recv: { arguments: ['i32', 'buffer', 'u64', 'i32'], return: 'i64' },
  if_nametoindex: { arguments: ['string'], return: 'u32' },
  if_indextoname: { arguments: ['u32', 'buffer'], return: 'pointer' },
  close: { arguments: ['i32'], return: 'i32' },
  __errno_location: { arguments: [], return: 'pointer' },
};

let loaded: { readonly libc: Libc; readonly errno: () => number } | null = null;

/** The library; loaded once. Throws NET_INTERFACE_UNSUPPORTED where it cannot be called. */
export function libc(): Libc {
  return load().libc;
}

/** What the call that has just failed gave as its reason, as `EADDRINUSE`. */
export function lastError(): { readonly code: string; readonly message: string } {
  const number = load().errno();
  const [code, message] = getSystemErrorMap().get(-number) ?? [`errno ${number}`, 'unknown error'];
  return { code, message };
}

function load(): NonNullable<typeof loaded> {
  if (loaded !== null) return loaded;
  if (process.platform !== 'linux') throw unsupported(`this system (${process.platform}) is not Linux`);
  const ffi = quietly(() => process.getBuiltinModule('node:ffi') as unknown as Ffi | undefined);
  if (ffi === undefined) throw unsupported(`Node.js ${process.versions.node} has no node:ffi`);
  try {
    const { functions } = ffi.dlopen(null, signatures);
    loaded = { libc: functions, errno: () => ffi.getInt32(functions.__errno_location(), 0) };
  } catch (cause) {
    throw unsupported(`the C library cannot be called: ${String(cause)}`);
  }
  return loaded;
}

/** Node warns of everything experimental on stderr, which is not a line of ours. */
function quietly<T>(act: () => T): T {
  const node: { emitWarning: unknown } = process;
  const warn = node.emitWarning;
  node.emitWarning = () => {};
  try {
    return act();
  } finally {
    node.emitWarning = warn;
  }
}

const unsupported = (why: string): Error =>
  netError('NET_INTERFACE_UNSUPPORTED', `sockets cannot be bound to a network interface: ${why}`);
