/** Writes the test vectors of `.dst` and of sealed torrents anew (test/vectors/dst/README.md). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerVectors } from '../test/vectors/dst/container-vectors.ts';
import { sealedTorrentVectors } from '../test/vectors/dst/sealed-torrent-vectors.ts';

const folder = join(import.meta.dirname, '..', 'test', 'vectors', 'dst');
const write = (name: string, vectors: readonly object[]): void =>
  writeFileSync(join(folder, name), `${JSON.stringify({ vectors }, null, 2)}\n`);

write('container.json', await containerVectors());
write('sealed-torrent.json', await sealedTorrentVectors());
