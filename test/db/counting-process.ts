/**
 * A process to be killed: counts a completed download for each of a hundred torrents, again and again, each time in
 * one transaction, and prints the number of each transaction that it was told is made.
 */
import { writeSync } from 'node:fs';
import { openDatabase } from '../../src/db/open-database.ts';
import { countedTorrents } from './counting.ts';

const [path = '', rounds = ''] = process.argv.slice(2);
// Of several that write at the same time one may have bad luck for long.
const { tracker, close } = await openDatabase(path, { busyTimeout: 60_000 });
for (let round = 1; round <= Number(rounds); round++) {
  await tracker.torrents.addCompleted(countedTorrents.map((infoHash) => ({ infoHash, count: 1 })));
  writeSync(1, `${round}\n`);
  await tracker.accounts.create({ name: `${process.pid}-${round}`, isEnabled: true, maxPeers: null, expiresAt: null });
}
await close();
