/** `dst check-sig`: whether a file is the one that somebody signed. */
import { basename } from 'node:path';
import { type ExpectedSigner, readExpectedSigner } from '../../app/keys/index.ts';
import { type CheckedSignature, checkSignature, Input } from '../../app/sealed-files/index.ts';
import { systemClock } from '../../base/clock.ts';
import { values, type CommandContext, type CommandDefinition } from '../command.ts';
import { refuseTwoStdins } from '../files.ts';
import { escapeText } from '../ui/escape.ts';
import { formatDate } from '../ui/format.ts';
import { HashView } from '../ui/hash-view.ts';
import { Ticker } from '../ui/ticker.ts';

interface CheckFlags {
  readonly signer: string;
  readonly rotation?: string[];
}

export const checkSig: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Tell whether a file is the one that the signer has signed. Exit code 0 when it is, 14 when it is not.',
      )
      .argument('<file>', 'the file, or - for standard input')
      .argument('<signature>', 'the signature, or - for standard input')
      .requiredOption(
        '--signer <key>',
        'who must have signed: a public key file, a name in the key folder, or a fingerprint',
      )
      .option('--rotation <file>', 'rotations that lead on from that signer; may be repeated', values(String))
      .action(perform(performCheck));
  },
};

async function performCheck(
  context: CommandContext,
  path: string,
  signaturePath: string,
  flags: CheckFlags,
): Promise<void> {
  const { output } = context;
  refuseTwoStdins([path, signaturePath]);
  const expected = await readExpectedSigner(flags.signer, flags.rotation ?? []);
  const found = await check(context, path, signaturePath, expected);
  const { fingerprint, signer, created, name } = found;
  if (output.options.json) {
    output.json({ ok: true, signer: fingerprint, signerName: signer, created, name });
    return;
  }
  const isRenamed = name !== null && path !== '-' && basename(path) !== name;
  output.line(
    `${output.good('good')}: signed by ${signer === null ? '' : `${escapeText(signer)}, `}${fingerprint}, on ${formatDate(created)}${isRenamed ? ` as "${escapeText(name)}"` : ''}`,
  );
}

async function check(
  { output, signal }: CommandContext,
  path: string,
  signaturePath: string,
  expected: ExpectedSigner,
): Promise<CheckedSignature> {
  await using input = await Input.open(path);
  const view = new HashView('Checking', output.barStyle, systemClock);
  using _ticker = new Ticker(output, view, systemClock);
  const onProgress = (done: number, total: number | null): void => view.update(done, total);
  return await checkSignature(input, signaturePath, expected, { onProgress, signal });
}
