/** All that is wrong with a configuration, as one error. */
import type { DstError } from '../../base/errors.ts';
import { configError } from './errors.ts';

/** Most problems that one error names; a file may hold any number of them. */
export const MOST_PROBLEMS = 100;
/** Most problems in the words of the error. */
const MOST_WORDED = 20;

export interface ConfigProblem {
  readonly key: string;
  /** The file, the environment variable or "flags"; null: it lies between values of several places. */
  readonly place: string | null;
  /** The given value in words; null when it may be a secret or is beside the point. */
  readonly given: string | null;
  /** What is allowed, or what is wrong, in words. */
  readonly allowed: string;
  /** The known key that was probably meant. */
  readonly suggestion: string | null;
}

/** CONFIG_INVALID; `details.problems` has the problems. */
export function invalidConfig(problems: readonly ConfigProblem[]): DstError {
  const more = problems.length - MOST_WORDED;
  const words = problems.slice(0, MOST_WORDED).map(inWords).join('; ');
  return configError('CONFIG_INVALID', more > 0 ? `${words}; and ${more} more` : words, {
    details: { problems: problems.slice(0, MOST_PROBLEMS) },
  });
}

function inWords({ key, place, given, allowed, suggestion }: ConfigProblem): string {
  const where = place === null || place === key ? key : `${key} (${place})`;
  const meant = suggestion === null ? '' : `, did you mean ${suggestion}?`;
  return `${where}: ${given === null ? '' : `${given} is not allowed, `}${allowed}${meant}`;
}
