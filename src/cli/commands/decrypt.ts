/** `dst decrypt`: opens a sealed file. */
import {
  askedAgePassphrase,
  askedPassphrase,
  checkSigner,
  type KeyRing,
  keptName,
  readExpectedSigner,
} from '../../app/keys/index.ts';
import { Input, OpenedFile, type SealedFormat, type Write } from '../../app/sealed-files/index.ts';
import { systemClock } from '../../base/clock.ts';
import type { Identity } from '../../codec/sealed/index.ts';
import { values, type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { checkOutput, outputPath, streamOutput } from '../files.ts';
import { askAgain, keyRing } from '../own-keys.ts';
import { askPassphrase } from '../ui/ask-passphrase.ts';
import { escapeText } from '../ui/escape.ts';
import { HashView } from '../ui/hash-view.ts';
import { Ticker } from '../ui/ticker.ts';

interface DecryptFlags {
  readonly output: string;
  readonly identity?: string[];
  readonly passphraseFile?: string;
  readonly keyPassphraseFile?: string;
  readonly signer?: string;
  readonly rotation?: string[];
  readonly force?: true;
}

export const decrypt: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Decrypt a .dst or a file of age, armored or not. Nothing appears before all of it is verified, its signature too.',
      )
      .argument('<file>', 'the encrypted file, or - for standard input')
      .requiredOption('-o, --output <file>', 'where the content goes: a file, a folder, or - for stdout')
      .option(
        '--identity <key>',
        'private key that may open it; may be repeated (default: all in the key folder)',
        values(String),
      )
      .option('--passphrase-file <file>', 'file with the passphrase of the encrypted file')
      .option('--key-passphrase-file <file>', 'file with the passphrase of the private key')
      .option(
        '--signer <key>',
        'who must have signed it: a public key file, a name in the key folder, or a fingerprint',
      )
      .option('--rotation <file>', 'rotations that lead on from that signer; may be repeated', values(String))
      .option('-f, --force', 'replace the output file if it exists')
      .action(perform(performDecrypt));
  },
};

async function performDecrypt(context: CommandContext, path: string, flags: DecryptFlags): Promise<void> {
  const { output } = context;
  if (flags.output === '-' && output.options.json) {
    throw cliError('USAGE', '--json and -o - both want standard output');
  }
  const expected = flags.signer === undefined ? null : await readExpectedSigner(flags.signer, flags.rotation ?? []);
  using ring = await keyRing(context, flags.identity, flags.keyPassphraseFile);
  await using input = await Input.open(path);
  const view = new HashView('Decrypting', output.barStyle, systemClock);
  const file = await OpenedFile.begin(input, {
    identities: (format) => identitiesOf(context, format, path, flags, ring),
    onProgress: (done, total) => view.update(done, total),
    signal: context.signal,
  });
  const target = await targetOf(flags.output, file);
  await checkOutput(target, flags.force === true);
  await streamOutput(output, target, { mayReplace: flags.force === true }, async (write) => {
    await copy(context, view, file, write);
    if (expected !== null) checkSigner(expected, file.signer);
  });
  await tell(context, target, file);
}

function identitiesOf(
  context: CommandContext,
  format: SealedFormat,
  path: string,
  { passphraseFile: file }: DecryptFlags,
  ring: KeyRing,
): Identity[] {
  const asked = format === 'dst' ? askedPassphrase : askedAgePassphrase;
  const ask = (): Promise<string> => askPassphrase({ purpose: path, isNew: false, file });
  return [asked(ask, askAgain(context, path, file)), ring.identity(format)];
}

async function targetOf(given: string, file: OpenedFile): Promise<string> {
  if (given === '-') return given;
  const target = await outputPath(given, file.name ?? 'decrypted');
  if (file.name === null && target !== given) {
    throw cliError('USAGE', `the encrypted file tells no name; name a file in ${given} with -o`);
  }
  return target;
}

async function copy({ output }: CommandContext, view: HashView, file: OpenedFile, write: Write): Promise<void> {
  using _ticker = new Ticker(output, view, systemClock);
  for await (const content of file.content()) await write(content);
}

async function tell({ output }: CommandContext, target: string, { format, signer, head }: OpenedFile): Promise<void> {
  const key = signer === null ? null : await keptName(signer);
  if (output.options.json) {
    output.json({
      path: target,
      format,
      name: head?.name ?? null,
      created: head?.created ?? null,
      signer,
      signerKey: key,
    });
    return;
  }
  if (signer === null) output.note('not signed');
  else
    output.note(`signed by ${signer}${key === null ? ', which is not in your key folder' : ` (${escapeText(key)})`}`);
  if (target !== '-') output.line(target);
}
