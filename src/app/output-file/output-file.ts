/** A file that appears whole or not at all: it is written beside its place and put there in one step. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf } from '../../base/errors.ts';

export interface OutputFileOptions {
  readonly mayReplace: boolean;
  /** Permissions of the new file, less what the user's mask takes. Default 0o666. */
  readonly mode?: number;
}

export class OutputFile implements AsyncDisposable {
  readonly #file: FileHandle;
  /** Null when it is written in place: a pipe, a terminal, /dev/null. */
  readonly #temporary: string | null;
  readonly #path: string;
  readonly #mayReplace: boolean;
  #isCommitted = false;

  private constructor(file: FileHandle, temporary: string | null, path: string, mayReplace: boolean) {
    this.#file = file;
    this.#temporary = temporary;
    this.#path = path;
    this.#mayReplace = mayReplace;
  }

  /** Rejects with the system's error, EEXIST among them. */
  static async create(path: string, { mayReplace, mode = 0o666 }: OutputFileOptions): Promise<OutputFile> {
    const found = await stat(path).catch(() => null);
    if (found !== null && !found.isFile() && !found.isDirectory()) {
      return new OutputFile(await open(path, 'w'), null, path, mayReplace);
    }
    if (found?.isDirectory() === true) throw systemError('EISDIR', `${path} is a folder`);
    if (found !== null && !mayReplace) throw systemError('EEXIST', `${path} exists already`);
    // What a link points to is replaced, not the link.
    const place = found === null ? path : await realpath(path);
    const temporary = join(dirname(place), `.${basename(place).slice(0, 200)}.${randomBytes(6).toString('hex')}.part`);
    return new OutputFile(await open(temporary, 'wx', mode), temporary, place, mayReplace);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at);
      at += bytesWritten;
    }
  }

  /** The file is there, and survives a power cut. Rejects with the system's error, EEXIST among them. */
  async commit(): Promise<void> {
    if (this.#temporary !== null) {
      await this.#file.sync();
      await this.#file.close();
      await this.#place(this.#temporary);
      await syncFolder(dirname(this.#path));
    }
    this.#isCommitted = true;
  }

  /** Takes away what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close().catch(() => {}); // Closed already.
    if (!this.#isCommitted && this.#temporary !== null) await rm(this.#temporary, { force: true });
  }

  async #place(temporary: string): Promise<void> {
    if (this.#mayReplace) return await rename(temporary, this.#path);
    try {
      await link(temporary, this.#path); // Unlike a rename it never replaces what came there meanwhile.
    } catch (error) {
      if (codeOf(error) === 'EEXIST') throw error;
      return await rename(temporary, this.#path); // The file system has no links.
    }
    await rm(temporary);
  }
}

/**
 * What was renamed in the folder survives a power cut. Not every platform can; then the file itself is as safe as can be.
 */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

const systemError = (code: string, message: string): Error => Object.assign(new Error(message), { code });
