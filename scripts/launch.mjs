/** Runs a program in the foreground: same terminal, its exit code becomes ours, signals sent to us reach it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Starts `command` and resolves with the exit code that a shell would report: 128 + the number of a fatal signal.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function launch(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  // A terminal sends Ctrl-C to the whole group: the child gets its own, we only have to outlive it.
  const outlive = () => {};
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', process.stdin.isTTY ? outlive : forward);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', outlive).off('SIGINT', forward).off('SIGTERM', forward).off('SIGHUP', forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
