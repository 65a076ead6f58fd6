/**
 * Units in types. A `Unit<'ms'>` accepts a plain number, but refuses a number of another unit: `Millis` never
 * lands in a `ByteCount` parameter. Weak branding keeps arithmetic readable (see docs/adr/0002).
 */
declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]?: Name };

/** Milliseconds: a duration or a reading of a monotonic clock. */
export type Millis = Unit<'ms'>;
/** Microseconds of work. */
export type Micros = Unit<'µs'>;
/** Seconds since 1970-01-01 UTC. */
export type UnixSeconds = Unit<'unix s'>;
/** A number of bytes or a byte offset. */
export type ByteCount = Unit<'byte'>;
export type BytesPerSecond = Unit<'byte/s'>;
/** Zero-based index of a piece (BEP 3). */
export type PieceIndex = Unit<'piece'>;
/** Zero-based index of a 16 KiB block within its piece. */
export type BlockIndex = Unit<'block'>;
/** Zero-based index into a torrent's file list. */
export type FileIndex = Unit<'file'>;
