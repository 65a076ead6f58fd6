/** Tells one boot of the machine from another: after a reboot, what was not flushed may be lost. */
import { readFile } from 'node:fs/promises';
import { fromHex } from '../../base/bytes.ts';

/** 16 bytes on Linux; zeros elsewhere, which makes every unflushed piece suspect after a kill. */
export async function readBootId(): Promise<Uint8Array> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  const bytes = fromHex(text.trim().replaceAll('-', ''));
  return bytes?.length === 16 ? bytes : new Uint8Array(16);
}
