/** `dst key`: makes keys and keeps them. */
import { Option } from 'commander';
import { exportFormats } from '../../app/keys/index.ts';
import { type CommandContext, type CommandDefinition } from '../command.ts';
import { cliError } from '../errors.ts';
import { keyActions, type KeyAction, type KeyFlags } from '../key-actions.ts';
import { actionArgument } from '../sub-actions.ts';

const actionNames = Object.keys(keyActions) as KeyAction[];

export const key: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Make and keep keys: those that open what is sealed for you and sign what you make, and the public ones of others. A KEY is a file, or a name in the key folder.',
      )
      .addArgument(
        actionArgument(
          actionNames,
          'new [KEY]: make one; show KEY: its fingerprint and more; list: those in the key folder; export KEY: in the form of other programs; import FILE…: keep the public key of somebody, or take over a private one; passphrase KEY: change it; rotate KEY: a new key that the old one vouches for',
        ),
      )
      .argument('[keys...]', 'keys or files, by action')
      .option('-o, --output <file>', 'new key of import and rotate; of export the file (default: stdout)')
      .option('--name <name>', 'new, import, rotate: what others see the owner called')
      .option('--rsa', 'new, rotate: with RSA-4096 and ML-KEM-768 keys as well')
      .addOption(
        new Option('--format <form>', 'export: the form').choices(exportFormats).default(undefined, 'identity'),
      )
      .option('--secret', 'export: the secret key, not protected')
      .option('--no-passphrase', 'new, import, passphrase, rotate: leave the key file unprotected')
      .option('--passphrase-file <file>', 'file with the passphrase of the key that is read')
      .option('--new-passphrase-file <file>', 'file with the passphrase of the key that is written')
      .option('-f, --force', 'replace what exists')
      .action(perform(performKey));
  },
};

async function performKey(
  context: CommandContext,
  name: KeyAction,
  keys: readonly string[],
  flags: KeyFlags,
): Promise<void> {
  const action = keyActions[name];
  const [fewest, most] = action.keys;
  if (keys.length < fewest) throw cliError('USAGE', `\`dst key ${name}\` needs a key`);
  if (keys.length > most) throw cliError('USAGE', `\`dst key ${name}\` takes ${most === 0 ? 'no' : 'one'} key`);
  for (const [flag, value] of Object.entries(flags)) {
    const isGiven = flag === 'passphrase' ? value === false : true;
    if (isGiven && !action.flags.includes(flag as keyof KeyFlags)) {
      throw cliError('USAGE', `\`dst key ${name}\` does not take --${flagName(flag)}`);
    }
  }
  await action.perform(context, keys, flags);
}

const flagName = (flag: string): string =>
  flag === 'passphrase' ? 'no-passphrase' : flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
