/**
 * Runs test files with node:test, each in a process of its own, and says only what matters: failures with all that
 * their file printed, skipped tests with their reason, and the closing counts in node:test's own words.
 */
import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect, stripVTControlCharacters } from 'node:util';

/** Counts in the order and words in which node:test closes a run. */
const closingLines = [
  ['tests', 'tests'],
  ['suites', 'suites'],
  ['passed', 'pass'],
  ['failed', 'fail'],
  ['cancelled', 'cancelled'],
  ['skipped', 'skipped'],
  ['todo', 'todo'],
];

/** Adds up the results of several runs and formats the closing lines. */
export function closing(results) {
  const lines = closingLines.map(([key, word]) => `ℹ ${word} ${results.reduce((sum, r) => sum + r.counts[key], 0)}`);
  return [...lines, `ℹ duration_ms ${results.reduce((sum, r) => sum + r.duration, 0)}`].join('\n');
}

const titleOf = ({ name, classname }) => (classname === undefined ? name : `${classname} › ${name}`);

const indent = (text) => text.replaceAll(/^/gm, '    ');

/** What one failed test has to say; a file as a whole fails when it cannot load, crashes or outlives the deadline. */
function failureText(root, data) {
  const cause = data.details.error.cause ?? data.details.error;
  const place = relative(root, data.file);
  if (data.name === data.file) return `✗ ${place}: ${cause.message ?? cause}\n`;
  return `✗ ${place}:${data.line} ${titleOf(data)}\n${indent(typeof cause === 'string' ? cause : inspect(cause, { depth: 8 }))}\n`;
}

/** All failures of a file and what the file printed (its end, when that is long). */
function fileText(root, failures, printed) {
  const texts = failures.map((data) => failureText(root, data));
  if (printed.length > 0) {
    texts.push(
      '  printed by this file:\n',
      indent(printed.join('').trimEnd().split('\n').slice(-200).join('\n')),
      '\n',
    );
  }
  return stripVTControlCharacters(texts.join(''));
}

/**
 * @param {object} options
 * @param {string} options.root Folder against which file names are shown.
 * @param {string[]} options.files Absolute paths.
 * @param {number} options.concurrency How many files run at a time.
 * @param {number} options.timeout Longest duration of one test, ms.
 * @param {number} options.deadline Longest duration of the whole run, ms: what still runs then has failed.
 * @param {boolean} [options.isVerbose] Also name each test that passed, as it ends.
 * @param {(text: string) => void} options.print
 * @returns {Promise<{counts: Record<string, number>, duration: number, isGood: boolean}>}
 */
export async function runTests({ root, files, concurrency, timeout, deadline, isVerbose = false, print }) {
  const signal = AbortSignal.timeout(deadline);
  const printed = new Map(files.map((file) => [file, []]));
  const failures = [];
  let closingEvent = { success: files.length === 0, counts: {}, duration_ms: 0 };
  const listeners = {
    'test:pass': (data) => {
      if (data.skip !== undefined)
        print(`﹣ skipped: ${titleOf(data)} (${data.skip === true ? 'no reason' : data.skip})\n`);
      else if (isVerbose && data.details.type !== 'suite' && data.name !== data.file) {
        print(`✓ ${titleOf(data)} (${(data.details.duration_ms / 1000).toFixed(1)} s)\n`);
      }
    },
    'test:fail': (data) => {
      if (data.details.error.failureType !== 'subtestsFailed') failures.push(data);
    },
    'test:stdout': (data) => printed.get(data.file)?.push(data.message),
    'test:stderr': (data) => printed.get(data.file)?.push(data.message),
    'test:diagnostic': (data) => printed.get(data.file)?.push(`${data.message}\n`),
    'test:summary': (data) => {
      if (data.file === undefined) closingEvent = data;
    },
  };
  if (files.length > 0) {
    for await (const { type, data } of run({ files, concurrency, timeout, signal })) listeners[type]?.(data);
  }
  for (const [file, ofFile] of Map.groupBy(failures, (data) => data.file)) {
    print(fileText(root, ofFile, printed.get(file) ?? []));
  }
  if (signal.aborted) print(`✗ the run was ended after ${deadline / 1000} s\n`);
  const counts = Object.fromEntries(closingLines.map(([key]) => [key, closingEvent.counts[key] ?? 0]));
  return { counts, duration: closingEvent.duration_ms, isGood: closingEvent.success && !signal.aborted };
}
