/** Reads a blocklist file, plain or gzip. */
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { messageOf } from '../../../base/errors.ts';
import type { ByteCount } from '../../../base/units.ts';
import { type Blocklist, readingBlocklist } from '../../../net/ip-filter/index.ts';
import { clientError } from '../errors.ts';

/** Largest list, unpacked: about ten times that of the largest that goes around. */
const LARGEST: ByteCount = 256 * 1024 * 1024;

/** Rejects CLIENT_BLOCKLIST for a file that cannot be read, or has lines but nobody in them. */
export async function readBlocklistFile(path: string): Promise<Blocklist> {
  try {
    const bytes = await readFile(path);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = isGzip ? await promisify(gunzip)(bytes, { maxOutputLength: LARGEST }) : bytes;
    if (text.length > LARGEST) throw new Error(`it has more than ${LARGEST} bytes`);
    if (text.subarray(0, 4).toString('latin1') === 'PK\x03\x04') throw new Error('it is a ZIP archive: unpack it');
    const list = await readInSteps(text);
    if (list.rules === 0 && list.bad.count > 0) throw new Error('it has no range of addresses');
    return list;
  } catch (cause) {
    throw clientError('CLIENT_BLOCKLIST', `the blocklist ${path} cannot be used: ${messageOf(cause)}`, { cause });
  }
}

/** A long list takes its time, and all else that the program does goes on meanwhile. */
async function readInSteps(text: Buffer): Promise<Blocklist> {
  // Lists are in any single-byte character set; only their ASCII matters.
  const reading = readingBlocklist(text.toString('latin1'));
  for (;;) {
    const { done, value } = reading.next();
    if (done === true) return value;
    await setImmediate();
  }
}
