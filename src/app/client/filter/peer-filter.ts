/** Who is kept out: addresses that the user has banned, and those of the blocklist. The engine asks for each address. */
import { stat } from 'node:fs/promises';
import { formatHost, parseHost } from '../../../base/address.ts';
import { codeOf, messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { ClientRepository } from '../../../db/index.ts';
import type { Blocklist } from '../../../net/ip-filter/index.ts';
import type { Engine } from '../engine-port.ts';
import { clientError } from '../errors.ts';
import { readBlocklistFile } from './read-blocklist-file.ts';

export interface FilterServices {
  readonly engine: Pick<Engine, 'setFilter'>;
  readonly repository: ClientRepository['bans'];
  /** Path of the blocklist; null: none. */
  readonly path: () => string | null;
  readonly logger: Logger;
}

export class PeerFilter {
  readonly #services: FilterServices;
  readonly #banned = new Set<string>();
  #listed: Blocklist | null = null;
  /** Path, size and times of the list that was read. */
  #seen = '';
  #problem: string | null = null;
  /** Settled when no list is being read: of two the later one counts. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(services: FilterServices) {
    this.#services = services;
  }

  /** What is wrong with the blocklist; null: nothing. The ranges that were read before count on. */
  get problem(): string | null {
    return this.#problem;
  }

  get banned(): readonly string[] {
    return [...this.#banned].toSorted();
  }

  async open(): Promise<void> {
    for (const host of await this.#services.repository.list()) this.#banned.add(host);
    this.#tellEngine();
    await this.look();
  }

  has(host: string): boolean {
    const bytes = parseHost(host);
    if (bytes === null) return false;
    return this.#banned.has(formatHost(bytes)) || this.#listed?.filter.has(host) === true;
  }

  /** Reads the list when it is another one, or has changed. */
  async look(): Promise<void> {
    const path = this.#services.path();
    const found = path === null ? null : await stat(path).catch(() => null);
    // By the second time what may be read now, but could not before, is noticed.
    const seen = path === null ? '' : `${path} ${found?.size} ${found?.mtimeMs} ${found?.ctimeMs}`;
    if (seen === this.#seen) return;
    this.#seen = seen;
    await this.refresh().catch(() => {}); // It is told by `problem`.
  }

  /** Reads the list again. Resolves with the number of its ranges. Rejects CLIENT_BLOCKLIST. */
  refresh(): Promise<number> {
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #read(): Promise<number> {
    const path = this.#services.path();
    try {
      this.#listed = path === null ? null : await readBlocklistFile(path);
      this.#problem = null;
    } catch (error) {
      this.#problem = messageOf(error);
      this.#services.logger.error('the blocklist cannot be used', { path, code: codeOf(error), reason: this.#problem });
      throw error;
    }
    const { rules = 0, bad = { count: 0 } } = this.#listed ?? {};
    if (path !== null) this.#services.logger.info('blocklist read', { path, ranges: rules, badLines: bad.count });
    this.#tellEngine();
    return rules;
  }

  /** Rejects CLIENT_BAD_SETTING for what is no IP address. */
  async ban(hosts: readonly string[]): Promise<void> {
    const addresses = hosts.map(addressOf);
    await this.#services.repository.put(addresses);
    for (const address of addresses) this.#banned.add(address);
    this.#tellEngine();
  }

  async unban(hosts: readonly string[]): Promise<void> {
    const addresses = hosts.map(addressOf);
    await this.#services.repository.remove(addresses);
    for (const address of addresses) this.#banned.delete(address);
    this.#tellEngine();
  }

  #tellEngine(): void {
    this.#services.engine.setFilter(this);
  }
}

function addressOf(host: string): string {
  const bytes = parseHost(host.trim());
  if (bytes === null) throw clientError('CLIENT_BAD_SETTING', `${JSON.stringify(host)} is no IP address`);
  return formatHost(bytes);
}
