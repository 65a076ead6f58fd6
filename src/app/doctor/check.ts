/** What was looked at, and how it is. */

export type CheckArea = 'configuration' | 'secrets' | 'disk' | 'limits' | 'clock' | 'network' | 'daemon' | 'health';

export interface Check {
  readonly area: CheckArea;
  /** `warning`: it works, but not as well as it could; `problem`: something does not work. */
  readonly status: 'ok' | 'warning' | 'problem';
  readonly message: string;
  /** What to do; null: nothing. */
  readonly advice: string | null;
}

export const ok = (area: CheckArea, message: string): Check => ({ area, status: 'ok', message, advice: null });
export const warning = (area: CheckArea, message: string, advice: string): Check => ({
  area,
  status: 'warning',
  message,
  advice,
});
export const problem = (area: CheckArea, message: string, advice: string): Check => ({
  area,
  status: 'problem',
  message,
  advice,
});
