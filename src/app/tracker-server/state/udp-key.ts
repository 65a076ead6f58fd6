/** The key behind the connection ids of UDP, kept in a file, so that clients need not begin anew after a restart. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { systemRandom } from '../../../base/random.ts';

/** The key of a folder (16 bytes), made when there is none; rejects with the system's error. */
export async function udpKeyIn(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'udp.key');
  const text = await readFile(path, 'utf8').catch(() => '');
  const kept = fromHex(text.trim());
  if (kept?.length === 16) return kept;
  const key = systemRandom.bytes(16);
  await writeFile(path, `${toHex(key)}\n`, { mode: 0o600 });
  return key;
}
