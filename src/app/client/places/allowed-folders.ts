/**
 * The folders that callers may name: those below the roots of the configuration. What counts is where a path leads in
 * the end: a symbolic link below a root that leads out of it is not followed.
 */
import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ClientConfig } from '../../config/index.ts';
import { clientError } from '../errors.ts';

export class AllowedFolders {
  readonly #config: () => Pick<ClientConfig, 'downloads' | 'incomplete' | 'api'>;

  constructor(config: () => Pick<ClientConfig, 'downloads' | 'incomplete' | 'api'>) {
    this.#config = config;
  }

  /** As the user calls them. */
  get roots(): readonly string[] {
    const { api, downloads, incomplete } = this.#config();
    if (api.roots.length > 0) return api.roots;
    return [downloads, ...(incomplete === null ? [] : [incomplete])];
  }

  /** The path without `.` and `..`, whether or not it is there. Rejects CLIENT_PATH_REFUSED. */
  async check(path: string): Promise<string> {
    if (!isAbsolute(path) || path.includes('\0')) throw refused(path, 'is no absolute path');
    const wanted = resolve(path);
    const end = await whereItLeads(wanted);
    // Those first that have it by name: of others the drive may not answer.
    const roots = this.roots.toSorted((a, b) => Number(isWithin(b, wanted)) - Number(isWithin(a, wanted)));
    for (const root of roots) if (isWithin(await whereItLeads(root), end)) return wanted;
    throw refused(path, `lies outside of the folders that may be used (api.roots), which are ${this.roots.join(', ')}`);
  }
}

const refused = (path: string, why: string): Error =>
  clientError('CLIENT_PATH_REFUSED', `${JSON.stringify(path)} ${why}`, { details: { path } });

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Links that are followed to something that is not there; more lead in a circle. Linux's own limit (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * The path without symbolic links; what is not there yet is taken as it is called, unless a link stands there: what will
 * be made there is made where it points to.
 */
async function whereItLeads(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    if (parent === path) return path;
    const folder = await whereItLeads(parent, links);
    const target = await readlink(join(folder, basename(path))).catch(() => null);
    if (target === null) return join(folder, basename(path));
    if (links >= MOST_LINKS) throw refused(path, 'leads in a circle');
    return whereItLeads(resolve(folder, target), links + 1);
  }
}

/** Such a folder would be another one when the program starts elsewhere. */
export function refuseRelative(key: string, folder: unknown): void {
  if (typeof folder !== 'string' || folder.trim() === '' || isAbsolute(folder) || /^~(?:\/|$)/.test(folder)) return;
  throw clientError('CLIENT_BAD_SETTING', `${key}: "${folder}" is no absolute path`);
}
