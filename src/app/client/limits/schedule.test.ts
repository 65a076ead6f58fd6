import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isScheduled, type LocalTime, parsePeriod, parseSchedule } from './schedule.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const at = (day: string, time: string): LocalTime => {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return { weekday: DAYS.indexOf(day), minute: 60 * hour + minute };
};
const isIn = (texts: string[], day: string, time: string): boolean => isScheduled(parseSchedule(texts), at(day, time));

describe('a schedule', () => {
  test('begins with its first minute and ends before its last', () => {
    const work = ['mon-fri 08:00-17:30'];
    assert.deepEqual(
      ['07:59', '08:00', '17:29', '17:30'].map((time) => isIn(work, 'wed', time)),
      [false, true, true, false],
    );
    assert.deepEqual(
      DAYS.map((day) => isIn(work, day, '12:00')),
      [false, true, true, true, true, true, false],
    );
  });

  test('goes on over midnight into the day after the one on which it began', () => {
    const night = ['fri 22:00-06:30'];
    assert.equal(isIn(night, 'fri', '22:00'), true);
    assert.equal(isIn(night, 'sat', '06:29'), true);
    assert.equal(isIn(night, 'sat', '06:30'), false);
    assert.equal(isIn(night, 'fri', '03:00'), false);
    assert.equal(isIn(night, 'sat', '23:00'), false);
  });

  test('may go over the end of the week, name single days, or none', () => {
    assert.equal(isIn(['sat-mon 10:00-11:00'], 'sun', '10:30'), true);
    assert.equal(isIn(['sat-mon 10:00-11:00'], 'tue', '10:30'), false);
    assert.equal(isIn(['tue,thu 10:00-11:00'], 'thu', '10:30'), true);
    assert.equal(isIn(['tue,thu 10:00-11:00'], 'wed', '10:30'), false);
    for (const day of DAYS) assert.equal(isIn(['10:00-11:00'], day, '10:30'), true);
    assert.equal(isIn(['sat 20:00-04:00'], 'sun', '01:00'), true);
  });

  test('whose end is its beginning lasts a day', () => {
    assert.equal(isIn(['mon 09:00-09:00'], 'mon', '09:00'), true);
    assert.equal(isIn(['mon 09:00-09:00'], 'tue', '08:59'), true);
    assert.equal(isIn(['mon 09:00-09:00'], 'tue', '09:00'), false);
  });

  test('is nothing but that', () => {
    for (const text of ['', 'mon', '8:00-9:00', '24:00-01:00', 'mon- 08:00-09:00', 'mon 08:00', 'day 08:00-09:00']) {
      assert.equal(parsePeriod(text), null, text);
    }
    assert.equal(isScheduled(parseSchedule(['nonsense']), at('mon', '10:00')), false);
  });

  test('counts for as many minutes of the week as its days and times say', () => {
    const time = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(fc.subarray(DAYS, { minLength: 1 }), time, time, (days, from, to) => {
        const two = (number: number): string => String(number).padStart(2, '0');
        const clock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
        const schedule = parseSchedule([`${days.join(',')} ${clock(from)}-${clock(to)}`]);
        let minutes = 0;
        for (let weekday = 0; weekday < 7; weekday++) {
          for (let minute = 0; minute < 1440; minute++) if (isScheduled(schedule, { weekday, minute })) minutes++;
        }
        const length = from < to ? to - from : to + 1440 - from;
        assert.equal(minutes, days.length * length);
      }),
      { numRuns: 20 },
    );
  });
});
