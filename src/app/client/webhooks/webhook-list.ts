/** The webhooks of the client, kept in memory and in the database. */
import type { ClientRepository, Webhook as StoredWebhook } from '../../../db/index.ts';
import { refusedAddress } from '../../web-fetch/index.ts';
import { clientError } from '../errors.ts';
import type { NewWebhook, Webhook, WebhookAttempts, Webhooks } from '../webhooks.ts';
import { isEventPattern } from './event-pattern.ts';

/** Fewest and most characters of a secret. */
const SECRET_LENGTH = [32, 1024] as const;
const MOST_WEBHOOKS = 100;

export class WebhookList implements Webhooks {
  readonly #repository: ClientRepository['webhooks'];
  readonly #mayContact: (host: string) => boolean;
  #webhooks: StoredWebhook[] = [];
  readonly #problems = new Map<number, string>();
  readonly #attempts = { taken: 0, failed: 0 };

  /** `mayContact`: whether events may be sent to an address that is not public. */
  constructor(repository: ClientRepository['webhooks'], mayContact: (host: string) => boolean) {
    this.#repository = repository;
    this.#mayContact = mayContact;
  }

  async open(): Promise<void> {
    this.#webhooks = await this.#repository.list();
  }

  /** With their secrets: for those who sign. */
  get stored(): readonly StoredWebhook[] {
    return this.#webhooks;
  }

  get attempts(): WebhookAttempts {
    return this.#attempts;
  }

  all(): readonly Webhook[] {
    return this.#webhooks.map((webhook) => this.#shown(webhook));
  }

  async add({ url, events, secret }: NewWebhook): Promise<Webhook> {
    const [least, most] = SECRET_LENGTH;
    const isHttp = URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
    if (!isHttp) throw clientError('CLIENT_BAD_SETTING', `${JSON.stringify(url)} is no address of http or https`);
    const refused = refusedAddress(new URL(url), this.#mayContact);
    if (refused !== null) {
      const words = 'is not public: events are sent there only when `api.privateRanges` of the configuration has it';
      throw clientError('CLIENT_BAD_SETTING', `${refused} ${words}`);
    }
    if (secret.length < least || secret.length > most) {
      throw clientError('CLIENT_BAD_SETTING', `a secret has ${least} … ${most} characters`);
    }
    const unknown = events.find((event) => !isEventPattern(event));
    if (unknown !== undefined) throw clientError('CLIENT_BAD_SETTING', `there is no event ${JSON.stringify(unknown)}`);
    if (this.#webhooks.length >= MOST_WEBHOOKS) {
      throw clientError('CLIENT_BAD_SETTING', `there are ${MOST_WEBHOOKS} webhooks already`);
    }
    const webhook = await this.#repository.create({ url, events, secret });
    this.#webhooks.push(webhook);
    return this.#shown(webhook);
  }

  async remove(id: number): Promise<boolean> {
    const wasThere = await this.#repository.remove(id);
    this.#webhooks = this.#webhooks.filter((webhook) => webhook.id !== id);
    this.#problems.delete(id);
    return wasThere;
  }

  /** What became of what was sent last. */
  told(id: number, problem: string | null): void {
    this.#attempts[problem === null ? 'taken' : 'failed']++;
    if (problem === null) this.#problems.delete(id);
    else this.#problems.set(id, problem);
  }

  #shown({ id, url, events, createdAt }: StoredWebhook): Webhook {
    return { id, url, events, createdAt, problem: this.#problems.get(id) ?? null };
  }
}
