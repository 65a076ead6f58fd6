/** When a torrent has seeded enough, by its own goals or by those of the client: the first that is reached counts. */
import type { Goal, SeedGoals } from '../torrent-settings.ts';

export type GoalName = 'ratio' | 'minutes' | 'idle';

/** Those of the client; null: none. */
export interface DefaultGoals {
  readonly ratio: number | null;
  readonly minutes: number | null;
  readonly idleMinutes: number | null;
}

export interface SeedingFacts {
  readonly ratio: number;
  /** Of all runs. */
  readonly secondsSeeding: number;
  /** Since a byte was last sent, or since seeding began in this run. */
  readonly secondsIdle: number;
}

/** The figure that counts; null: there is no such goal. */
function goalOf(own: Goal, byDefault: number | null): number | null {
  if (own === 'default') return byDefault;
  return own === 'none' ? null : own;
}

/** The goal that a seeding torrent has reached; null: it seeds on. */
export function reachedGoal(own: SeedGoals, byDefault: DefaultGoals, facts: SeedingFacts): GoalName | null {
  const isReached = (goal: number | null, figure: number): boolean => goal !== null && figure >= goal;
  if (isReached(goalOf(own.ratio, byDefault.ratio), facts.ratio)) return 'ratio';
  if (isReached(goalOf(own.minutes, byDefault.minutes), facts.secondsSeeding / 60)) return 'minutes';
  return isReached(goalOf(own.idleMinutes, byDefault.idleMinutes), facts.secondsIdle / 60) ? 'idle' : null;
}

/** Seconds until the nearest of time and idle time is reached if nothing is sent; Infinity: there is no such goal. */
export function secondsToTime(own: SeedGoals, byDefault: DefaultGoals, facts: SeedingFacts): number {
  const left = (goal: number | null, seconds: number): number =>
    goal === null ? Number.POSITIVE_INFINITY : Math.max(0, goal * 60 - seconds);
  return Math.min(
    left(goalOf(own.minutes, byDefault.minutes), facts.secondsSeeding),
    left(goalOf(own.idleMinutes, byDefault.idleMinutes), facts.secondsIdle),
  );
}

/** Seconds until the nearest of ratio and time is reached at the present rate, bytes per second; null: unknown. */
export function secondsToGoal(
  own: SeedGoals,
  byDefault: DefaultGoals,
  facts: SeedingFacts & { readonly uploadRate: number; readonly ratioBase: number },
): number | null {
  const ratio = goalOf(own.ratio, byDefault.ratio);
  const minutes = goalOf(own.minutes, byDefault.minutes);
  const times: number[] = [];
  if (ratio !== null && facts.uploadRate > 0) times.push(((ratio - facts.ratio) * facts.ratioBase) / facts.uploadRate);
  if (minutes !== null) times.push(minutes * 60 - facts.secondsSeeding);
  return times.length === 0 ? null : Math.max(0, Math.ceil(Math.min(...times)));
}
