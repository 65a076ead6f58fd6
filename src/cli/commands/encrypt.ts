/** `dst encrypt`: seals a file for its recipients. */
import { Option } from 'commander';
import { basename } from 'node:path';
import type { NamedRecipient, UnlockedIdentity } from '../../app/keys/index.ts';
import { Input, sealAgeFile, sealDstFile, type Write } from '../../app/sealed-files/index.ts';
import { systemClock } from '../../base/clock.ts';
import { values, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { checkOutput, streamOutput } from '../files.ts';
import { openOwnKey } from '../own-keys.ts';
import { recipientsOf } from '../recipients.ts';
import { escapeText } from '../ui/escape.ts';
import { HashView } from '../ui/hash-view.ts';
import { Ticker } from '../ui/ticker.ts';

interface EncryptFlags {
  readonly output: string;
  readonly to?: string[];
  readonly passphrase?: true;
  readonly passphraseFile?: string;
  readonly sign?: string;
  readonly keyPassphraseFile?: string;
  readonly rsa?: true;
  readonly classical?: true;
  readonly age?: true;
  readonly armor?: true;
  readonly force?: true;
}

export const encrypt: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Encrypt a file so that only its recipients, or who knows a passphrase, can read it.')
      .argument('<file>', 'the file, or - for standard input (up to 64 MiB, with --age without bound)')
      .requiredOption('-o, --output <file>', 'where the encrypted file goes, or - for stdout')
      .option(
        '--to <key>',
        'recipient: a public key file, a name in the key folder, or age1…; may be repeated',
        values(String),
      )
      .option('--passphrase', 'for everybody who knows a passphrase, which is asked for')
      .option('--passphrase-file <file>', 'the same, with the passphrase in a file')
      .option('--sign <key>', 'sign it with this private key')
      .option('--key-passphrase-file <file>', 'file with the passphrase of the key that signs')
      .option('--rsa', 'for the RSA-4096 and ML-KEM-768 keys of the recipients')
      .option('--classical', 'permit recipients who have an RSA key alone, which quantum computers will break')
      .option('--age', 'write a file for the program age')
      .addOption(new Option('--armor', 'with --age: as text').implies({ age: true }))
      .option('-f, --force', 'replace the output file if it exists')
      .action(perform(performEncrypt));
  },
};

async function performEncrypt(context: CommandContext, path: string, flags: EncryptFlags): Promise<void> {
  const { output } = context;
  checkFlags(output.options.json, flags);
  await checkOutput(flags.output, flags.force === true);
  await using input = await Input.open(path);
  const format = flags.age === true ? 'age' : 'dst';
  const recipients = await recipientsOf(format, flags.output, { ...flags, to: flags.to });
  using signer = flags.sign === undefined ? null : await openOwnKey(context, flags.sign, flags.keyPassphraseFile);
  const { signal } = context; // From here on Ctrl-C leaves nothing behind.
  const options = { mayReplace: flags.force === true };
  await streamOutput(output, flags.output, options, (write) =>
    seal(output, { input, path, flags, recipients, signer, signal }, write),
  );
  tell(context, flags, recipients, signer);
}

function checkFlags(isJson: boolean, flags: EncryptFlags): void {
  const wants = (words: string): Error => cliError('USAGE', words);
  const hasPassphrase = flags.passphrase === true || flags.passphraseFile !== undefined;
  if ((flags.to === undefined) === !hasPassphrase) throw wants('give either --to or --passphrase');
  if (flags.age === true && flags.sign !== undefined) throw wants('a file of age cannot be signed; use `dst sign`');
  if (flags.age === true && flags.rsa === true) throw wants('a file of age cannot be for RSA keys');
  if (isJson && flags.output === '-') throw wants('--json and -o - both want standard output');
}

interface Sealing {
  readonly input: Input;
  readonly path: string;
  readonly flags: EncryptFlags;
  readonly recipients: readonly NamedRecipient[];
  readonly signer: UnlockedIdentity | null;
  readonly signal: AbortSignal;
}

async function seal(
  output: CommandContext['output'],
  { input, path, flags, recipients, signer, signal }: Sealing,
  write: Write,
): Promise<void> {
  const view = new HashView('Encrypting', output.barStyle, systemClock);
  using _ticker = new Ticker(output, view, systemClock);
  const options = {
    recipients: recipients.map(({ recipient }) => recipient),
    onProgress: (done: number, total: number | null) => view.update(done, total),
    signal,
  };
  if (flags.age === true) await sealAgeFile(input, write, { ...options, isArmored: flags.armor === true });
  else {
    const name = path === '-' ? null : basename(path);
    await sealDstFile(input, write, { ...options, name, signer: signer?.signer ?? null });
  }
}

function tell(
  { output }: CommandContext,
  flags: EncryptFlags,
  recipients: readonly NamedRecipient[],
  signer: UnlockedIdentity | null,
): void {
  if (output.options.json) {
    output.json({
      path: flags.output,
      format: flags.age === true ? 'age' : 'dst',
      recipients: recipients.map(({ fingerprint, name }) => ({ fingerprint, name })),
      signer: signer?.fingerprint ?? null,
    });
    return;
  }
  for (const { fingerprint, name } of recipients) {
    output.note(`for ${name === null ? fingerprint : `${escapeText(name)} (${fingerprint})`}`);
  }
  if (signer !== null) output.note(`signed by ${signer.fingerprint}`);
  if (flags.output !== '-') output.line(flags.output);
}
