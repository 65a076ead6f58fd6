/**
 * What a daemon that is killed was told to do, and has answered: what is answered is durable, what was under way at the
 * kill is done or is not.
 */
import assert from 'node:assert/strict';
import type { Random } from '../../src/base/random.ts';
import { codeOf } from '../../src/base/errors.ts';
import type { DaemonProcess } from './daemon-process.ts';

/** Lines of what was done, for whoever wants to know how it came to a failure. */
export type Story = string[];

/** Something that one deed after another is done to, beside others. */
export interface Subject {
  /** Does something to it. Rejects DAEMON_UNREACHABLE when the daemon is killed meanwhile. */
  act(daemon: DaemonProcess, random: Random): Promise<void>;
  /** Holds what the next daemon has against what the killed one has answered, and goes on from there. */
  check(daemon: DaemonProcess): Promise<void>;
}

/** A state that is known but for the deed under way. */
export class Told<State> {
  readonly #name: string;
  readonly #story: Story;
  #state: State;
  #underWay: ((state: State) => State) | null = null;

  constructor(name: string, state: State, story: Story) {
    this.#name = name;
    this.#state = state;
    this.#story = story;
  }

  /** As it was answered. */
  get state(): State {
    return this.#state;
  }

  /** Learnt without a deed. */
  learn(state: State): void {
    this.#state = state;
  }

  /** What may be found. */
  get possible(): readonly State[] {
    return this.#underWay === null ? [this.#state] : [this.#state, this.#underWay(this.#state)];
  }

  /**
   * `words`: what is done; `effect`: what that makes of a state. A deed that is refused with one of the codes has had
   * no effect.
   */
  async deed(
    words: string,
    effect: (state: State) => State,
    work: () => Promise<unknown>,
    refusals: readonly string[] = [],
  ): Promise<void> {
    this.#underWay = effect;
    this.tell(`${words} …`);
    try {
      await work();
      this.#state = effect(this.#state);
      this.tell(`${words}: done`);
    } catch (error) {
      this.tell(`${words}: ${codeOf(error)}`);
      if (!refusals.includes(codeOf(error) ?? '')) throw error;
    }
    this.#underWay = null;
  }

  /** A line of the story. */
  tell(words: string): void {
    this.#story.push(`${this.#name}: ${words}`);
  }

  /** Of what may be found this is what was. */
  found(state: State): void {
    this.#state = state;
    this.#underWay = null;
  }

  /** Expects one of them. */
  expect(found: State): void {
    const possible = this.possible.map((state) => JSON.stringify(state));
    const what = JSON.stringify(found);
    assert.ok(possible.includes(what), `${this.#name}: ${what} is none of ${possible.join(' and ')}`);
    this.found(found);
  }
}

export const oneOf = <T>(random: Random, choices: readonly T[]): T => choices[random.below(choices.length)] as T;
