/**
 * Times of the alternative limits: qBittorrent has one span, and a choice of days (0 all, 1 from Monday to Friday, 2 the
 * weekend, 3 Monday … 9 Sunday); ours is text such as `mon-fri 08:00-17:30`.
 */
const choices: readonly string[] = ['', 'mon-fri', 'sat,sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export interface Span {
  readonly days: number;
  readonly fromHour: number;
  readonly fromMinute: number;
  readonly toHour: number;
  readonly toMinute: number;
}

/** From eight to eight when there is none; days that are no choice there are told as all. */
export function spanOf(schedule: string | undefined): Span {
  const match = /^(?:(\S+) )?(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(schedule ?? '08:00-20:00');
  const [, days = '', ...times] = match ?? [];
  const [fromHour = 8, fromMinute = 0, toHour = 20, toMinute = 0] = times.map(Number);
  return { days: Math.max(0, choices.indexOf(days)), fromHour, fromMinute, toHour, toMinute };
}

export function scheduleOf({ days, fromHour, fromMinute, toHour, toMinute }: Span): string {
  const chosen = choices[days] ?? '';
  return `${chosen === '' ? '' : `${chosen} `}${time(fromHour, fromMinute)}-${time(toHour, toMinute)}`;
}

const time = (hour: number, minute: number): string =>
  `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
