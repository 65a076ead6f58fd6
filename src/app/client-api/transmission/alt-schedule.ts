/**
 * Times of the alternative limits: Transmission has one span, in minutes after midnight, and a bit a day (`tr_sched_day`:
 * 1 Sunday … 64 Saturday); ours is text such as `mon-fri 08:00-17:30`.
 */
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const EVERY_DAY = 127;

export function daysOf(schedule: string | undefined): number {
  const text = /^([a-z,-]+) /.exec(schedule ?? '')?.[1];
  if (text === undefined) return EVERY_DAY;
  let bits = 0;
  for (const part of text.split(',')) {
    const [from, to = from] = part.split('-').map((day) => days.indexOf(day as 'sun')) as [number, number?];
    for (let day = from; ; day = (day + 1) % 7) {
      bits |= 1 << day;
      if (day === to) break;
    }
  }
  return bits;
}

/** Of the first span; nine to five when there is none. */
export function minutesOf(schedule: string | undefined): { readonly begin: number; readonly end: number } {
  const [, h1 = '9', m1 = '0', h2 = '17', m2 = '0'] = /(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(schedule ?? '') ?? [];
  return { begin: Number(h1) * 60 + Number(m1), end: Number(h2) * 60 + Number(m2) };
}

export function scheduleOf(bits: number, begin: number, end: number): string {
  const chosen = days.filter((_, day) => (bits & (1 << day)) !== 0);
  const prefix = chosen.length === 0 || chosen.length === 7 ? '' : `${chosen.join(',')} `;
  return `${prefix}${clock(begin)}-${clock(end)}`;
}

const clock = (minutes: number): string => {
  const whole = Math.min(1439, Math.max(0, Math.floor(minutes)));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
};
