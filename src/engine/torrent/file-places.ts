/** Where the files of a torrent lie, and which of them lie where another torrent has its own. */
import type { FileIndex } from '../../base/units.ts';
import type { Geometry } from '../../codec/metainfo/index.ts';
import type { FilePaths } from '../../storage/index.ts';

export interface FilesPlace {
  readonly directory: string;
  /** Files that were renamed. */
  readonly paths: FilePaths;
}

export class FilePlaces implements FilesPlace {
  readonly directory: string;
  readonly paths: FilePaths;
  /** Null until the metadata is known. */
  readonly #geometry: Geometry | null;
  #tops: ReadonlySet<string> | null = null;

  constructor(geometry: Geometry | null, { directory, paths }: FilesPlace) {
    this.directory = directory;
    this.paths = paths;
    this.#geometry = geometry;
  }

  /** Of the same torrent elsewhere; what is left out is as it is. */
  at({ directory = this.directory, paths = this.paths }: Partial<FilesPlace>): FilePlaces {
    return new FilePlaces(this.#geometry, { directory, paths });
  }

  /** Elements of a file's path below the directory. */
  pathOf(file: FileIndex): readonly string[] {
    return this.paths.get(file) ?? this.#geometry?.files[file]?.path ?? [];
  }

  /** Paths of all files but pads. Windows knows both kinds of slash. */
  all(): Map<FileIndex, string> {
    const folder = this.directory.replaceAll('\\', '/').replace(/\/$/, '');
    const files = [...(this.#geometry?.files ?? []).entries()];
    return new Map(
      files.flatMap(([index, { isPad }]) => (isPad ? [] : [[index, [folder, ...this.pathOf(index)].join('/')]])),
    );
  }

  /** Files that have the place of one of the other torrent's, whose folder may lie in this one's or around it. */
  among(other: FilePlaces): FileIndex[] {
    if (!this.#mayMeet(other)) return [];
    const others = new Set(other.all().values());
    return [...this.all()].flatMap(([index, path]) => (others.has(path) ? [index] : []));
  }

  /** Asked of thousands: whether they have a name in common in the outer one of their folders. */
  #mayMeet(other: FilePlaces): boolean {
    if (this.directory === other.directory) {
      for (const name of this.#topNames()) if (other.#hasTopName(name)) return true;
      return false;
    }
    const [inner, outer] = this.directory.length > other.directory.length ? [this, other] : [other, this];
    if (!inner.directory.startsWith(outer.directory)) return false;
    const way = inner.directory.slice(outer.directory.length).replace(/^[\\/]+/, '');
    return outer.#hasTopName(way.split(/[\\/]/, 1)[0] ?? '');
  }

  /** Whether a path begins so. */
  #hasTopName(name: string): boolean {
    return this.#isAsMade ? this.pathOf(0)[0] === name : this.#topNames().has(name);
  }

  /** All paths begin alike. */
  get #isAsMade(): boolean {
    return this.paths.size === 0;
  }

  #topNames(): ReadonlySet<string> {
    const files = this.#geometry?.files ?? [];
    const indexes = (this.#isAsMade ? files.slice(0, 1) : files).keys();
    this.#tops ??= new Set(Array.from(indexes, (index) => this.pathOf(index)[0] ?? ''));
    return this.#tops;
  }
}
