/** `dst sign`: makes a signature that lies beside a file. */
import { basename } from 'node:path';
import { Input, signInput } from '../../app/sealed-files/index.ts';
import { systemClock } from '../../base/clock.ts';
import type { CommandContext, CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { checkOutput, writeOutput } from '../files.ts';
import { DEFAULT_KEY, openOwnKey } from '../own-keys.ts';
import { HashView } from '../ui/hash-view.ts';
import { Ticker } from '../ui/ticker.ts';

interface SignFlags {
  readonly output?: string;
  readonly identity: string;
  readonly keyPassphraseFile?: string;
  readonly force?: true;
}

export const sign: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Sign a file. The signature is a file of its own, which says who signed, when, and under which name.',
      )
      .argument('<file>', 'the file, or - for standard input')
      .option('-o, --output <file>', 'where the signature goes, or - for stdout (default: FILE.sig)')
      .option('--identity <key>', 'private key: a file, or a name in the key folder', DEFAULT_KEY)
      .option('--key-passphrase-file <file>', 'file with the passphrase of the key')
      .option('-f, --force', 'replace the signature if it exists')
      .action(perform(performSign));
  },
};

async function performSign(context: CommandContext, path: string, flags: SignFlags): Promise<void> {
  const { output } = context;
  const target = flags.output ?? (path === '-' ? '-' : `${path}.sig`);
  if (target === '-' && output.options.json) throw cliError('USAGE', '--json and -o - both want standard output');
  await checkOutput(target, flags.force === true);
  await using input = await Input.open(path);
  using identity = await openOwnKey(context, flags.identity, flags.keyPassphraseFile);
  await writeOutput(output, target, await make(), flags.force === true);
  if (output.options.json) output.json({ path: target, signer: identity.fingerprint });
  else {
    output.note(`signed by ${identity.fingerprint}`);
    if (target !== '-') output.line(target);
  }

  async function make(): Promise<Uint8Array> {
    const view = new HashView('Signing', output.barStyle, systemClock);
    using _ticker = new Ticker(output, view, systemClock);
    return await signInput(input, path === '-' ? null : basename(path), identity, {
      onProgress: (done, total) => view.update(done, total),
      signal: context.signal,
    });
  }
}
