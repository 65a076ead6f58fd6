/** Times of the week: `mon-fri 08:00-17:30`, `sat,sun 10:00-12:00`, `22:00-06:00` (every day, until the next morning). */

/** A moment as people there call it. */
export interface LocalTime {
  /** 0 is Sunday. */
  readonly weekday: number;
  /** Minutes since midnight. */
  readonly minute: number;
}

interface Period {
  /** On which it begins; 0 is Sunday. */
  readonly days: ReadonlySet<number>;
  /** Minutes since midnight. */
  readonly from: number;
  /** Not part of it; at or before `from`: on the day after. */
  readonly to: number;
}

export type Schedule = readonly Period[];

const DAYS: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY = DAYS.join('|');
const PERIOD = new RegExp(
  `^(?:((?:${DAY})(?:[-,](?:${DAY}))*) )?([01]\\d|2[0-3]):([0-5]\\d)-([01]\\d|2[0-3]):([0-5]\\d)$`,
);

/** Null for a text that is no time. */
export function parsePeriod(text: string): Period | null {
  const match = PERIOD.exec(text.trim().toLowerCase());
  if (match === null) return null;
  const [, days, ...numbers] = match;
  const [fromHour, fromMinute, toHour, toMinute] = numbers.map(Number) as [number, number, number, number];
  return {
    days: days === undefined ? new Set(DAYS.keys()) : daysOf(days),
    from: 60 * fromHour + fromMinute,
    to: 60 * toHour + toMinute,
  };
}

/** `fri-mon,wed`: ranges go on over the end of the week. */
function daysOf(text: string): Set<number> {
  const days = new Set<number>();
  for (const range of text.split(',')) {
    // `mon-wed-fri` is every day from the first to the last.
    const ends = range.split('-').map((day) => DAYS.indexOf(day));
    const [first, last] = [ends[0] as number, ends.at(-1) as number];
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

/** Texts that are no times are passed over. */
export const parseSchedule = (texts: readonly string[]): Schedule =>
  texts.map(parsePeriod).filter((period) => period !== null);

export function isScheduled(schedule: Schedule, { weekday, minute }: LocalTime): boolean {
  const before = (weekday + 6) % 7;
  return schedule.some(({ days, from, to }) => {
    if (from < to) return days.has(weekday) && minute >= from && minute < to;
    return (days.has(weekday) && minute >= from) || (days.has(before) && minute < to);
  });
}
