/** What the kill campaign does to the daemon besides torrents: settings, lists, and the order of the queue. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Random } from '../../src/base/random.ts';
import type { DaemonProcess } from './daemon-process.ts';
import { oneOf, type Story, type Subject, Told } from './kill-told.ts';

/** Words of the author of the file, which stay whatever is changed. */
export const COMMENT = '# what I want my client to do';

type Values = Readonly<Record<string, unknown>>;

/** Settings of the client: several are changed at a time, all of them or none, and the file stays its author's. */
export class SettingsSubject implements Subject {
  readonly #file: string;
  readonly #told: Told<Values>;
  readonly #choices: Readonly<Record<string, (random: Random) => unknown>>;

  constructor(file: string, incomplete: string, story: Story) {
    this.#file = file;
    this.#told = new Told<Values>('settings', {}, story);
    this.#choices = {
      incomplete: (random) => oneOf(random, [incomplete, null]),
      'limits.altDownload': (random) => random.below(1_000_000),
      'limits.altUpload': (random) => random.below(1_000_000),
      'limits.schedule': (random) => oneOf(random, [[], ['mon-fri 08:00-17:30'], ['22:00-06:00', 'sun 10:00-11:00']]),
      'peers.uploadSlots': (random) => 1 + random.below(50),
    };
  }

  async act(daemon: DaemonProcess, random: Random): Promise<void> {
    const named = Object.entries(this.#choices).filter(() => random.below(3) === 0);
    const changed = Object.fromEntries(named.map(([key, choose]) => [key, choose(random)]));
    if (Object.keys(this.#told.state).length === 0) this.#told.learn(await this.#read(daemon));
    await this.#told.deed(
      JSON.stringify(changed),
      (before) => ({ ...before, ...changed }),
      () => daemon.api('/settings', { method: 'PATCH', body: changed }),
    );
  }

  async check(daemon: DaemonProcess): Promise<void> {
    const found = await this.#read(daemon);
    if (Object.keys(this.#told.state).length === 0) this.#told.learn(found);
    this.#told.expect(found);
    assert.ok((await readFile(this.#file, 'utf8')).includes(COMMENT), 'the file is not that of its author any more');
  }

  async #read(daemon: DaemonProcess): Promise<Values> {
    const { items } = await daemon.api<{ items: { key: string; value: unknown }[] }>('/settings');
    const values = new Map(items.map(({ key, value }) => [key, value]));
    return Object.fromEntries(Object.keys(this.#choices).map((key) => [key, values.get(key)]));
  }
}

/** Bans, labels and categories with their folders: `ban 10.0.0.7`, `label x`, `category y /folder`. */
export class ListsSubject implements Subject {
  readonly #told: Told<readonly string[]>;
  readonly #folder: string;

  constructor(folder: string, story: Story) {
    this.#told = new Told<readonly string[]>('lists', [], story);
    this.#folder = folder;
  }

  async act(daemon: DaemonProcess, random: Random): Promise<void> {
    const [kind, number] = [oneOf(random, ['ban', 'label', 'category']), random.below(6)];
    const name = kind === 'ban' ? `203.0.113.${number}` : `${kind}-${number}`;
    const line = this.#told.state.find((one) => one.startsWith(`${kind} ${name}`));
    const without = (lines: readonly string[]): readonly string[] => lines.filter((one) => one !== line);
    const isKnown = line !== undefined;
    if (isKnown && (kind !== 'category' || random.below(2) === 0)) {
      const path = { ban: `/bans/${name}`, label: `/labels/${name}`, category: `/categories/${name}` }[kind] as string;
      await this.#told.deed(`without ${line}`, without, () => daemon.api(path, { method: 'DELETE' }));
      return;
    }
    const savePath = `${this.#folder}/${random.below(1000)}`;
    const added = kind === 'category' ? `category ${name} ${savePath}` : `${kind} ${name}`;
    await this.#told.deed(
      added,
      (lines) => [...without(lines), added].sort(),
      async () => {
        if (kind === 'ban') await daemon.api('/bans', { method: 'POST', body: { hosts: [name] } });
        if (kind === 'label') await daemon.api('/labels', { method: 'POST', body: { labels: [name] } });
        if (kind === 'category') await daemon.api(`/categories/${name}`, { method: 'PUT', body: { savePath } });
      },
    );
  }

  async check(daemon: DaemonProcess): Promise<void> {
    const bans = await daemon.api<{ items: string[] }>('/bans');
    const labels = await daemon.api<{ items: string[] }>('/labels');
    const categories = await daemon.api<{ items: { name: string; savePath: string }[] }>('/categories');
    const found = [
      ...bans.items.map((host) => `ban ${host}`),
      // Torrents have others.
      ...labels.items.filter((label) => label.startsWith('label-')).map((label) => `label ${label}`),
      ...categories.items.map(({ name, savePath }) => `category ${name} ${savePath}`),
    ];
    this.#told.expect(found.sort());
  }
}

/** Torrents that stay, stopped, and change their places in the queue among those that come and go. */
export class QueueSubject implements Subject {
  readonly #files: readonly Uint8Array[];
  readonly #told: Told<readonly string[]>;

  constructor(files: readonly Uint8Array[], story: Story) {
    this.#told = new Told<readonly string[]>('queue', [], story);
    this.#files = files;
  }

  /** Adds them. */
  async begin(daemon: DaemonProcess): Promise<void> {
    for (const file of this.#files) {
      const body = { torrent: Buffer.from(file).toString('base64'), isStopped: true };
      const { torrent } = await daemon.api<{ torrent: { hash: string } }>('/torrents', { method: 'POST', body });
      this.#told.learn([...this.#told.state, torrent.hash]);
    }
  }

  has(hash: string): boolean {
    return this.#told.state.includes(hash);
  }

  async act(daemon: DaemonProcess, random: Random): Promise<void> {
    const [hash, to] = [oneOf(random, this.#told.state), oneOf(random, ['top', 'bottom'])];
    const effect = (order: readonly string[]): readonly string[] => {
      const others = order.filter((one) => one !== hash);
      return to === 'top' ? [hash, ...others] : [...others, hash];
    };
    await this.#told.deed(`${hash} to the ${to}`, effect, () =>
      daemon.api(`/torrents/${hash}/actions/queue`, { method: 'POST', body: { to } }),
    );
  }

  async check(daemon: DaemonProcess): Promise<void> {
    const all = await daemon.torrents();
    assert.deepEqual(
      all.map(({ queuePosition }) => queuePosition),
      all.map((_, place) => place),
    );
    const found = all.map(({ hash }) => hash).filter((hash) => this.has(hash));
    this.#told.expect(found);
  }
}
