/** Debian's `age`, which asks for passphrases on a terminal: `script` (util-linux) gives it one. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Age {
  /** An empty folder of its own. */
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** What age-keygen writes: an identity file. */
  newIdentityFile(): string {
    return execFileSync('age-keygen', [], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  }

  /** The recipients of an identity file, a line each. */
  recipientsOf(identityFile: string): string {
    return execFileSync('age-keygen', ['-y'], { encoding: 'utf8', input: identityFile });
  }

  /** `flags`: `-r age1…` and what else the program knows. */
  encrypt(content: Uint8Array, ...flags: readonly string[]): Uint8Array {
    return run(flags, content);
  }

  decrypt(file: Uint8Array, identityFile: string): Uint8Array {
    return run(['-d', '-i', this.#write('identity', identityFile)], file);
  }

  encryptWithPassphrase(content: Uint8Array, passphrase: string): Uint8Array {
    return this.#atTerminal('-p', content, [passphrase, passphrase]);
  }

  decryptWithPassphrase(file: Uint8Array, passphrase: string): Uint8Array {
    return this.#atTerminal('-d', file, [passphrase]);
  }

  #atTerminal(flag: string, input: Uint8Array, typed: readonly string[]): Uint8Array {
    const output = join(this.#dir, 'output');
    const command = `age ${flag} -o output ${this.#write('input', input)}`;
    rmSync(output, { force: true });
    execFileSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: this.#dir,
      input: typed.map((line) => `${line}\n`).join(''),
    });
    // age makes the file with the first byte that it writes.
    return new Uint8Array(existsSync(output) ? readFileSync(output) : []);
  }

  #write(name: string, content: Uint8Array | string): string {
    writeFileSync(join(this.#dir, name), content);
    return join(this.#dir, name);
  }
}

function run(args: readonly string[], input: Uint8Array): Uint8Array {
  return new Uint8Array(execFileSync('age', args, { input, maxBuffer: 64 * 1024 * 1024 }));
}
