/** The configuration file, and files with secrets that others can read. */
import { existsSync } from 'node:fs';
import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DstError, messageOf } from '../../base/errors.ts';
import { clientConfig, type ClientConfig, loadConfig } from '../config/index.ts';
import { errorHelp } from '../error-catalog/index.ts';
import { keyDirectory } from '../paths/index.ts';
import { type Check, ok, problem, warning } from './check.ts';
import { existing } from './disk.ts';

/** With the configuration that is in the file; null when that is not valid. */
export async function checkConfiguration(
  path: string,
  isOptional: boolean,
): Promise<{ readonly check: Check; readonly config: ClientConfig | null }> {
  try {
    const { value } = await loadConfig(clientConfig, { file: path, isFileOptional: isOptional, env: process.env });
    const words = existsSync(path) ? `${path} is valid` : `there is no ${path}, so the defaults count`;
    const refusal = await writeRefusal(path);
    if (refusal === null) return { check: ok('configuration', words), config: value };
    const advice = `Let whoever runs the daemon own ${dirname(path)}, or set XDG_CONFIG_HOME to where it may write.`;
    const check = warning('configuration', `${words}, but no setting can be changed: ${refusal}`, advice);
    return { check, config: value };
  } catch (error) {
    if (!(error instanceof DstError)) throw error;
    const advice = (await errorHelp(error.code)) ?? 'Correct it.';
    return { check: problem('configuration', messageOf(error), advice), config: null };
  }
}

/** Why settings cannot be written, null: they can. A new file takes the place of the old one, so it is the folder that counts. */
async function writeRefusal(path: string): Promise<string | null> {
  const target = await realpath(path).catch(() => path);
  const folder = await existing(dirname(target));
  return await access(folder, constants.W_OK | constants.X_OK).then(() => null, messageOf);
}

/** Whether the program that is to run at the end of downloads can be; nothing where there is none. */
export async function checkProgram({ torrents: { onComplete } }: ClientConfig): Promise<readonly Check[]> {
  if (onComplete === null) return [];
  const refusal = await runRefusal(onComplete);
  if (refusal === null) return [ok('configuration', `${onComplete} can be run when a torrent is complete`)];
  const advice = 'Correct `torrents.onComplete`, or make the file a program: chmod +x FILE.';
  return [problem('configuration', `torrents.onComplete cannot be run: ${refusal}`, advice)];
}

async function runRefusal(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile() ? null : `${path} is no file`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Rights of everybody but the owner. */
const OTHERS = 0o077;

/** One for each file that others can read, or one that says that there is none. */
export async function checkSecrets(
  config: ClientConfig,
  env: NodeJS.ProcessEnv,
  file: string,
): Promise<readonly Check[]> {
  // Windows has other rights, which the folders of the user bring along.
  if (process.platform === 'win32') return [];
  const exposed: Check[] = [];
  for (const path of await secretFiles(config, env, file)) {
    const found = await stat(path).catch(() => null);
    if (found === null || (found.mode & OTHERS) === 0) continue;
    exposed.push(warning('secrets', `others can read ${path}`, `Make it yours alone: chmod 600 ${path}`));
  }
  return exposed.length > 0 ? exposed : [ok('secrets', 'files with secrets are yours alone')];
}

async function secretFiles(
  { database, api }: ClientConfig,
  env: NodeJS.ProcessEnv,
  file: string,
): Promise<readonly string[]> {
  const keys = keyDirectory(env);
  const names = await readdir(keys).catch(() => []);
  return [
    ...names.filter((name) => name.endsWith('.key')).map((name) => join(keys, name)),
    ...(/:\/\/[^/@]*:[^/@]+@/.test(database ?? '') ? [file] : []),
    ...(api.tlsKey === null ? [] : [api.tlsKey]),
    ...(env['DST_TOKEN_FILE'] ? [env['DST_TOKEN_FILE']] : []),
  ];
}
