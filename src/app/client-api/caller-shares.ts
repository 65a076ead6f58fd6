/** Places for what stays open, so many in all and so many for one caller: nobody can take all of them. */
import type { Caller } from '../access/index.ts';
import { apiError } from '../http-api/index.ts';

export class CallerShares {
  readonly #most: number;
  readonly #share: number;
  /** Places taken, by caller. */
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(most: number, share: number) {
    this.#most = most;
    this.#share = share;
  }

  /** Throws API_BUSY when there is no place; `what` says of what there are too many. */
  take({ kind, user, name }: Caller, what: string): Disposable {
    const key = user === null ? `${kind} ${name}` : `user ${user}`;
    const own = this.#taken.get(key) ?? 0;
    if (this.#all >= this.#most) throw apiError('API_BUSY', `there are ${this.#most} ${what} already`);
    if (own >= this.#share) throw apiError('API_BUSY', `you have ${this.#share} ${what} already`);
    this.#taken.set(key, own + 1);
    this.#all++;
    return {
      [Symbol.dispose]: () => {
        this.#all--;
        const left = (this.#taken.get(key) as number) - 1;
        if (left === 0) this.#taken.delete(key);
        else this.#taken.set(key, left);
      },
    };
  }
}
