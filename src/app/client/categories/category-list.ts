/** The categories and labels of the client, kept in memory and in the database. */
import { join } from 'node:path';
import type { ClientRepository } from '../../../db/index.ts';
import type { ClientConfig } from '../../config/index.ts';
import type { Categories, Category } from '../categories.ts';
import { clientError } from '../errors.ts';
import { isName, mustBeName } from '../library/checked-settings.ts';
import type { TorrentSettings } from '../torrent-settings.ts';
import type { ManagedTorrent, TorrentChange } from '../torrents.ts';

/** Its settings are asked for as they are stored: views of all torrents would be made at each request for the labels. */
type Labelled = Pick<ManagedTorrent, 'change'> & {
  readonly record: { readonly value: { readonly settings: TorrentSettings } };
};

const MOST_CATEGORIES = 10_000;
/** Of all torrents, and beside them. */
const MOST_LABELS = 10_000;

export interface CategoryServices {
  readonly repository: ClientRepository['categories'];
  readonly config: () => Pick<ClientConfig, 'downloads' | 'torrents'>;
  readonly allowedFolder: (path: string) => Promise<string>;
  readonly torrents: () => { all(): readonly Labelled[] };
}

export class CategoryList implements Categories {
  readonly #services: CategoryServices;
  readonly #categories = new Map<string, Category>();
  readonly #labels = new Set<string>();
  /** All labels, and maybe some that are in use no more: to count them again for each torrent of many would take long. */
  #seen: ReadonlySet<string> | null = null;

  constructor(services: CategoryServices) {
    this.#services = services;
  }

  async open(): Promise<void> {
    for (const category of await this.#services.repository.list()) this.#categories.set(category.name, category);
    for (const label of await this.#services.repository.labels()) this.#labels.add(label);
  }

  all(): readonly Category[] {
    return [...this.#categories.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): Category | null {
    return this.#categories.get(name) ?? null;
  }

  /** Folder of new torrents of a category, of its own or by its name; null: that of the client. */
  pathOf(name: string): string | null {
    const path = this.find(name)?.savePath ?? '';
    if (path !== '') return path;
    const { downloads, torrents } = this.#services.config();
    return torrents.categoryFolders && isFolderName(name) ? join(downloads, ...name.split('/')) : null;
  }

  isName(name: string): boolean {
    return isName(name) && isFolderName(name);
  }

  async put({ name, savePath }: Category): Promise<void> {
    mustBeName(name);
    if (!isFolderName(name)) throw clientError('CLIENT_BAD_NAME', `${JSON.stringify(name)} has an empty level or dots`);
    if (this.#categories.size >= MOST_CATEGORIES && !this.#categories.has(name)) {
      throw clientError('CLIENT_BAD_SETTING', `there are ${MOST_CATEGORIES} categories already`);
    }
    const category = { name, savePath: savePath === '' ? '' : await this.#services.allowedFolder(savePath) };
    await this.#services.repository.put(category);
    this.#categories.set(name, category);
  }

  async remove(names: readonly string[]): Promise<void> {
    const gone = new Set(names);
    // First: a torrent never has one that is not there.
    await this.#changeAll(
      ({ category }) => gone.has(category),
      () => ({ category: '' }),
    );
    await this.#services.repository.remove(names);
    for (const name of names) this.#categories.delete(name);
  }

  labels(): readonly string[] {
    const used = this.#services
      .torrents()
      .all()
      .flatMap((torrent) => torrent.record.value.settings.labels);
    return [...new Set([...this.#labels, ...used])].toSorted();
  }

  /** Takes in what a torrent gets: its labels count, and its category is made when there is none of this name. */
  async takeIn({ labels = [], category = '' }: Partial<TorrentSettings>): Promise<void> {
    this.#takeInLabels(labels);
    if (category !== '' && !this.#categories.has(category)) await this.put({ name: category, savePath: '' });
  }

  /** Counts labels that come into use. Throws CLIENT_BAD_SETTING when there would be too many. */
  #takeInLabels(labels: readonly string[]): void {
    if (labels.length === 0) return;
    this.#seen ??= new Set(this.labels());
    if (labels.every((label) => this.#seen?.has(label))) return;
    if (this.#seen.size + labels.length > MOST_LABELS) this.#seen = new Set(this.labels());
    const all = new Set([...this.#seen, ...labels]);
    if (all.size > MOST_LABELS) throw clientError('CLIENT_BAD_SETTING', `there are at most ${MOST_LABELS} labels`);
    this.#seen = all;
  }

  async addLabels(labels: readonly string[]): Promise<void> {
    const tidy = labels.map((label) => label.trim()).filter((label) => label !== '');
    for (const label of tidy) mustBeName(label);
    this.#takeInLabels(tidy);
    await this.#services.repository.addLabels(tidy);
    for (const label of tidy) this.#labels.add(label);
  }

  async removeLabels(labels: readonly string[]): Promise<void> {
    const gone = new Set(labels);
    await this.#services.repository.removeLabels(labels);
    for (const label of labels) this.#labels.delete(label);
    await this.#changeAll(
      ({ labels: given }) => given.some((label) => gone.has(label)),
      ({ labels: given }) => ({ labels: given.filter((label) => !gone.has(label)) }),
    );
  }

  async #changeAll(isMeant: (settings: TorrentSettings) => boolean, change: TorrentChange): Promise<void> {
    const meant = this.#services
      .torrents()
      .all()
      .filter(({ record }) => isMeant(record.value.settings));
    await Promise.all(meant.map((torrent) => torrent.change(change)));
  }
}

/** Slashes make levels, and none of them leads upwards. */
const isFolderName = (name: string): boolean =>
  name.split('/').every((level) => level.trim() !== '' && level !== '.' && level !== '..');
