/** How torrents come into the engine: at the start as they were kept, and when they, or their torrent files, are added. */
import { toHex } from '../../../base/bytes.ts';
import { codeOf, messageOf } from '../../../base/errors.ts';
import { type Metainfo, swarmHashes } from '../../../codec/metainfo/index.ts';
import { clientError } from '../errors.ts';
import { engineOptions, engineSource } from './engine-options.ts';
import { noteFoundData } from './found-data.ts';
import { decodeKept, decodeLight } from './kept-metainfo.ts';
import type { LibraryServices } from './library-services.ts';
import type { LibraryTorrent } from './library-torrent.ts';
import type { KeptMetainfo } from './metainfo-folder.ts';
import type { OpenedSource } from './open-source.ts';

export class EngineEntry {
  readonly #services: Pick<LibraryServices, 'engine' | 'folder' | 'settings'>;
  /** Settled when additions are through with a torrent. */
  readonly #added = new WeakMap<LibraryTorrent, Promise<unknown>>();

  constructor(services: Pick<LibraryServices, 'engine' | 'folder' | 'settings'>) {
    this.#services = services;
  }

  /** Resolves when no addition is on its way with the torrent: who removes it waits for that. */
  async settled(torrent: LibraryTorrent): Promise<void> {
    await this.#added.get(torrent);
  }

  /** A new torrent. `peers`: not kept. */
  add(torrent: LibraryTorrent, { metainfo }: OpenedSource, peers: OpenedSource['peers']): Promise<void> {
    return this.#occupy(torrent, this.#enter(torrent, metainfo, peers));
  }

  /** The torrent file that was lost, or awaited, is there. */
  complete(torrent: LibraryTorrent, metainfo: Metainfo | null, kept: KeptMetainfo): Promise<void> {
    const completion = async (): Promise<void> => {
      await this.#services.folder.write(torrent.hash, kept);
      await torrent.run.detach()?.remove();
      await this.#noteMetainfo(torrent, metainfo);
      await this.#enter(torrent, metainfo);
    };
    return this.#occupy(torrent, completion());
  }

  /** At the start: the engine gets the torrent as it was kept. */
  async restore(torrent: LibraryTorrent): Promise<void> {
    const { hash, hasMetainfo, name } = torrent.record.value;
    try {
      const kept = await this.#services.folder.read(hash);
      const metainfo = kept === null ? null : this.#decode(torrent, kept);
      if (metainfo !== null && !swarmHashes(metainfo.infoHashes).map(toHex).includes(hash)) {
        throw clientError('CLIENT_METAINFO_LOST', `the torrent file of ${name} is that of another torrent`);
      }
      if (kept === null && hasMetainfo)
        throw clientError('CLIENT_METAINFO_LOST', `the torrent file of ${name} is gone`);
      await this.#noteMetainfo(torrent, metainfo);
      await this.#enter(torrent, metainfo);
      torrent.relocation.resume();
    } catch (cause) {
      const isOurs = codeOf(cause) === 'CLIENT_METAINFO_LOST';
      const words = `the torrent file of ${name} cannot be read: ${messageOf(cause)}`;
      torrent.run.fail(isOurs ? cause : clientError('CLIENT_METAINFO_LOST', words, { cause }));
    }
  }

  /** Of what is complete hardly anybody needs the hashes. */
  #decode({ hash, record }: LibraryTorrent, kept: KeptMetainfo): Metainfo {
    if (record.value.completedAt === null) return decodeKept(kept);
    return decodeLight(kept, (kind) => this.#services.folder.readNow(hash, kind));
  }

  #occupy(torrent: LibraryTorrent, addition: Promise<void>): Promise<void> {
    this.#added.set(
      torrent,
      addition.catch(() => {}),
    );
    return addition;
  }

  /** A torrent file has come since the record was written, if there is one. */
  async #noteMetainfo({ record }: LibraryTorrent, metainfo: Metainfo | null): Promise<void> {
    if (metainfo === null || record.value.hasMetainfo) return;
    await noteFoundData(record, metainfo);
    const { info, infoHashes } = metainfo;
    // As it is by now: the user may have named it meanwhile.
    const { choices, name } = record.value;
    await record.note({ hasMetainfo: true, infoHashes, name: choices.isNamed ? name : info.name });
  }

  /** What the engine does not take fails this torrent alone. `peers`: default those that are kept. */
  async #enter(torrent: LibraryTorrent, metainfo: Metainfo | null, peers?: OpenedSource['peers']): Promise<void> {
    const { engine, settings } = this.#services;
    const record = torrent.record.value;
    try {
      const options = {
        ...engineOptions(record, peers),
        allocation: settings.value.torrents.allocation,
        isPaused: !torrent.run.isMeantToRun,
        ...(metainfo === null && { locate: (known: Metainfo) => noteFoundData(torrent.record, known) }),
      };
      torrent.run.attach(await engine.add(engineSource(record, metainfo), options));
    } catch (error) {
      torrent.run.fail(error);
    }
  }
}
