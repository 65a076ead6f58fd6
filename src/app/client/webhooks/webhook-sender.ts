/**
 * Sends events to webhooks: each gets them one after another, signed, and again later when that fails. Nothing waits for
 * it, and what a webhook cannot take in time is forgotten.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../../../base/clock.ts';
import { utf8 } from '../../../base/bytes.ts';
import { DstError, messageOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import { backoffDelay } from '../../../base/retry.ts';
import type { Millis, UnixSeconds } from '../../../base/units.ts';
import type { Webhook } from '../../../db/index.ts';
import type { ClientEvent } from '../event-log.ts';
import { isWanted } from './event-pattern.ts';

export interface Message {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

/** Resolves when the answer is good. Rejects WEB_*. */
export type Post = (message: Message) => Promise<unknown>;

/** Events that wait for a webhook. */
const MOST_WAITING = 1_000;
/** An answer must come within this, ms. */
const TIMEOUT: Millis = 10_000;
const BACKOFF = { first: 5_000, longest: 600_000 } as const;
/** After so many attempts, about half an hour, an event is given up. */
const MOST_ATTEMPTS = 10;

interface Delivery {
  readonly event: ClientEvent;
  readonly over: () => void;
}

export interface SenderServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly post: Post;
  /** The webhooks at present. */
  readonly webhooks: () => readonly Webhook[];
  /** What became of what was sent to one; null: it was taken. */
  readonly told: (id: number, problem: string | null) => void;
}

export class WebhookSender {
  readonly #services: SenderServices;
  readonly #waiting = new Map<number, Delivery[]>();
  /** Webhooks that have lost events since they had all that waited for them. */
  readonly #losing = new Set<number>();
  readonly #closing = new AbortController();

  constructor(services: SenderServices) {
    this.#services = services;
  }

  /**
   * Takes an event; it is sent on the side. Resolves when all webhooks that want it have it, or it was given up; never
   * when that is still open at the end.
   */
  async take(event: ClientEvent): Promise<void> {
    const deliveries: Promise<void>[] = [];
    for (const { id, events } of this.#services.webhooks()) {
      if (!isWanted(events, event.name)) continue;
      const { promise, resolve: over } = Promise.withResolvers<void>();
      deliveries.push(promise);
      if (this.#closing.signal.aborted) continue;
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) {
        this.#waiting.set(id, [{ event, over }]);
        void this.#send(id);
      } else {
        waiting.push({ event, over });
        if (waiting.length > MOST_WAITING) this.#drop(id, waiting);
      }
    }
    await Promise.all(deliveries);
  }

  /** The oldest but the first, which is under way. It is told once until all that waits is sent. */
  #drop(id: number, waiting: Delivery[]): void {
    waiting.splice(1, 1)[0]?.over();
    if (this.#losing.has(id)) return;
    this.#losing.add(id);
    this.#services.logger.warn('a webhook is too slow, and loses events', { webhook: id, waiting: MOST_WAITING });
  }

  /** What has not been sent is forgotten. */
  close(): void {
    this.#closing.abort();
  }

  /** Sends what waits for a webhook, until nothing does. */
  async #send(id: number): Promise<void> {
    for (let [first] = this.#waiting.get(id) ?? []; first !== undefined; [first] = this.#waiting.get(id) ?? []) {
      await this.#deliver(id, first.event);
      if (this.#closing.signal.aborted) return;
      this.#waiting.get(id)?.shift();
      first.over();
    }
    this.#waiting.delete(id);
    this.#losing.delete(id);
  }

  /** Never rejects. */
  async #deliver(id: number, event: ClientEvent): Promise<void> {
    const { clock, random, logger, told } = this.#services;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const webhook = this.#services.webhooks().find((one) => one.id === id);
      if (webhook === undefined) return;
      const { problem, isLost } = await this.#attempt(webhook, event);
      if (this.#closing.signal.aborted) return;
      told(id, problem);
      if (problem === null) return;
      logger.warn('a webhook did not take an event', { webhook: id, event: event.id, attempt, reason: problem });
      if (isLost || attempt === MOST_ATTEMPTS) {
        logger.warn('an event was given up for a webhook', { webhook: id, event: event.id });
        return;
      }
      await clock.sleep(backoffDelay(attempt, BACKOFF, random), this.#closing.signal).catch(() => {}); // Closed: seen above.
      if (this.#closing.signal.aborted) return;
    }
  }

  async #attempt(
    { url, secret }: Webhook,
    event: ClientEvent,
  ): Promise<{ readonly problem: string | null; readonly isLost: boolean }> {
    const { clock, post } = this.#services;
    const timeout = new AbortController();
    const timer = clock.after(TIMEOUT, () => timeout.abort(new Error('no answer in time')));
    const body = JSON.stringify(event);
    const headers = {
      'content-type': 'application/json',
      'dst-event': event.name,
      'dst-event-id': String(event.id),
      'dst-signature': signatureOf(secret, clock.wall(), body),
    };
    try {
      const signal = AbortSignal.any([timeout.signal, this.#closing.signal]);
      await post({ url, headers, body: utf8(body), signal });
      return { problem: null, isLost: false };
    } catch (error) {
      return { problem: messageOf(error), isLost: isFinal(error) };
    } finally {
      timer[Symbol.dispose]();
    }
  }
}

/** What is wrong with the message itself will be wrong the next time as well. */
function isFinal(error: unknown): boolean {
  const status = error instanceof DstError ? Number(error.details.status ?? 0) : 0;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** `t=TIME,v1=HMAC`: HMAC-SHA-256 with the secret over the time, a dot and the body, so that no message can be sent again later. */
function signatureOf(secret: string, at: UnixSeconds, body: string): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}
