/** Categories: a torrent has one at most, and may go by its save path. */

export interface Category {
  /** At most 255 characters; slashes make levels, as in `films/old`. */
  readonly name: string;
  /** Empty: the default of the client, with the category's name as a folder in it when `torrents.categoryFolders`. */
  readonly savePath: string;
}

export interface Categories {
  all(): readonly Category[];
  find(name: string): Category | null;
  /** Whether one of this name can be there. */
  isName(name: string): boolean;
  /** Makes it, or changes its path. Rejects CLIENT_BAD_NAME, CLIENT_PATH_REFUSED. */
  put(category: Category): Promise<void>;
  /** Its torrents have none then. */
  remove(names: readonly string[]): Promise<void>;
  /** Labels that exist, in use or not, sorted. */
  labels(): readonly string[];
  addLabels(labels: readonly string[]): Promise<void>;
  /** Takes them from all torrents as well. */
  removeLabels(labels: readonly string[]): Promise<void>;
}
