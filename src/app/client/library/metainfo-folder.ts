/**
 * The torrent files that the client keeps, each named after its torrent's hash, so that nothing depends on where it came
 * from. A file appears whole or not at all, and survives a power cut before the database names it.
 *
 * A sealed torrent is kept opened: `HASH.sealed` holds its key and the names of its files, because at the next start
 * nobody is there to type a passphrase or unlock an identity. Whoever can read this file can read the torrent's content
 * and knows its names, as they can with the plain files on the disk anyway. Both kinds are readable by their owner only;
 * who needs more puts the state folder on an encrypted disk.
 */
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../../base/errors.ts';
import { makeFolder } from '../../../storage/index.ts';
import { OutputFile } from '../../output-file/index.ts';

export interface KeptMetainfo {
  readonly kind: 'torrent' | 'sealed';
  readonly bytes: Uint8Array;
}

const KINDS = ['torrent', 'sealed'] as const;

export class MetainfoFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes the folder. */
  open(): void {
    makeFolder(this.#path, 0o700);
  }

  /** Null when there is none. Rejects with the system's error. */
  async read(hash: string): Promise<KeptMetainfo | null> {
    for (const kind of KINDS) {
      try {
        return { kind, bytes: await readFile(this.#file(hash, kind)) };
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
      }
    }
    return null;
  }

  /** One that is there, at once. Throws the system's error. */
  readNow(hash: string, kind: KeptMetainfo['kind']): KeptMetainfo {
    return { kind, bytes: readFileSync(this.#file(hash, kind)) };
  }

  async write(hash: string, { kind, bytes }: KeptMetainfo): Promise<void> {
    await using file = await OutputFile.create(this.#file(hash, kind), { mayReplace: true, mode: 0o600 });
    await file.write(bytes);
    await file.commit();
  }

  async delete(hash: string): Promise<void> {
    for (const kind of KINDS) await rm(this.#file(hash, kind), { force: true });
  }

  /** Deletes files that belong to none of the torrents, and what was left half-written. Resolves with their number. */
  async dropOrphans(hashes: ReadonlySet<string>): Promise<number> {
    let dropped = 0;
    for (const name of await readdir(this.#path)) {
      const hash = /^([0-9a-f]{40})\.(torrent|sealed)$/.exec(name)?.[1];
      const isOrphan = hash === undefined ? /^\.[0-9a-f]{40}\..*\.part$/.test(name) : !hashes.has(hash);
      if (!isOrphan) continue;
      await rm(join(this.#path, name), { force: true });
      dropped++;
    }
    return dropped;
  }

  #file(hash: string, kind: KeptMetainfo['kind']): string {
    return join(this.#path, `${hash}.${kind}`);
  }
}
