/**
 * The swarms in a file, between the end of a tracker and its next start, and the sessions of accounts with them. The file
 * begins with a line of text (format and time), then come sections, each with its length and checksum: the key of the names
 * of sessions, which makes the file a secret, and those of the table. A damaged file is as good as none, and so is one of
 * another format: clients announce again within the interval.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { UnixSeconds } from '../../../base/units.ts';
import {
  AccountTable,
  restoreSection,
  snapshotSections,
  type SwarmTable,
  type TableMemory,
  TICK_SECONDS,
} from '../../../tracker/index.ts';

const HEAD = /^dst swarms 2 (\d+)\n/;
/** Bytes of the head, filled up with spaces. */
const HEAD_LENGTH = 64;
/** Length and checksum of a section. */
const SECTION_HEAD = 8;
/** Longest section that is believed, bytes: half of the largest table. */
const LONGEST_SECTION = 512 * 1024 * 1024;

/** Puts the swarms in place of what is at `path`; rejects with the system's error. */
export async function saveSwarms(path: string, memory: TableMemory, tick: number, now: UnixSeconds): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.write(`dst swarms 2 ${now}\n`.padEnd(HEAD_LENGTH));
    await writeSection(file, memory.sessionKey.slice());
    for (const section of snapshotSections(memory, tick)) await writeSection(file, section);
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

async function writeSection(file: FileHandle, section: Uint8Array): Promise<void> {
  const head = Buffer.alloc(SECTION_HEAD);
  head.writeUInt32BE(section.length, 0);
  head.writeUInt32BE(crc32(section), 4);
  await file.writev([head, section]);
}

export interface RestoreOptions {
  /** The memory of the table; no session is in it yet. */
  readonly memory: TableMemory;
  readonly table: SwarmTable;
  readonly tick: number;
  readonly now: UnixSeconds;
  /** Silence after which a peer is not brought back, ticks. */
  readonly most: number;
}

/**
 * Takes the swarms of a file in, and the sessions of the accounts that are known by now, and removes it. Returns the number
 * of peers and sessions; 0 when there is no usable file.
 */
export async function restoreSwarms(path: string, options: RestoreOptions): Promise<number> {
  const { memory, table, tick, now: wall, most } = options;
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return 0;
  try {
    const head = Buffer.alloc(HEAD_LENGTH);
    await file.read(head, 0, HEAD_LENGTH);
    const saved = HEAD.exec(head.toString('latin1'))?.[1];
    if (saved === undefined) return 0;
    const away = Math.max(0, Math.floor((wall - Number(saved)) / TICK_SECONDS));
    const key = await readSection(file);
    if (key?.length !== memory.sessionKey.length) return 0;
    memory.sessionKey.set(key);
    const restoring = { table, accounts: new AccountTable(memory), now: tick, away, most };
    let restored = 0;
    for (;;) {
      const section = await readSection(file);
      if (section === null) return restored;
      restored += restoreSection(restoring, section);
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** Null at the end of the file and at the first section that is damaged. */
async function readSection(file: FileHandle): Promise<Uint8Array | null> {
  const head = Buffer.alloc(SECTION_HEAD);
  if ((await file.read(head, 0, SECTION_HEAD)).bytesRead < SECTION_HEAD) return null;
  const length = head.readUInt32BE(0);
  const { size } = await file.stat();
  if (length > Math.min(LONGEST_SECTION, size)) return null;
  const section = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = length === 0 ? { bytesRead: 0 } : await file.read(section, 0, length);
  return bytesRead === length && crc32(section) === head.readUInt32BE(4) ? section : null;
}
