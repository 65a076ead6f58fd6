/** The checksum of journal records. Its module is loaded with the first of them: threads that only hash write none. */
type Checksum = (data: Uint8Array) => number;

let checksum: Checksum | undefined;

/** CRC-32 (ISO 3309). */
export function crc32(data: Uint8Array): number {
  checksum ??= process.getBuiltinModule('node:zlib').crc32;
  return checksum(data);
}
