/** `dst tls`: certificates of a private CA. */
import { Option } from 'commander';
import { keyTypes, purposes } from '../../app/certificates/index.ts';
import { parsePositive } from '../arguments.ts';
import { type CommandContext, type CommandDefinition, value, values } from '../command.ts';
import { cliError } from '../errors.ts';
import { type TlsAction, tlsActions, type TlsFlags } from './tls-actions.ts';
import { actionArgument } from '../sub-actions.ts';

const actionNames = Object.keys(tlsActions) as TlsAction[];

export const tls: CommandDefinition = {
  configure(command, perform) {
    command
      .description('Make certificates for servers and peers with a private CA, renew, revoke and check them.')
      .addArgument(
        actionArgument(
          actionNames,
          'init: issue a certificate, and make the CA where there is none; renew: issue it anew; renew-ca: issue the CA anew, with its key; show FILE: what is in it; revoke FILE: take a certificate back; verify FILE: whether it is to be trusted',
        ),
      )
      .argument('[file]', 'certificate or revocation list, PEM or DER')
      .option('--dir <dir>', 'folder of the CA (default: tls in the data folder of the user)')
      .option('--name <name>', 'init, renew: the certificate is NAME.pem, its key NAME.key (default: server)')
      .option(
        '--host <host>',
        'init: DNS name or address that it is for; verify: for which it must be; may be repeated',
        values(String),
      )
      .addOption(
        new Option('--purpose <purpose>', 'init, verify: for a server, or for a peer that also connects')
          .choices(purposes)
          .default(undefined, 'server'),
      )
      .addOption(
        new Option('--key-type <type>', 'init: kind of the key').choices(keyTypes).default(undefined, 'ecdsa-p256'),
      )
      .option('--days <n>', 'init, renew: lifetime (default: 90, and as before)', value(parsePositive))
      .option('--new-key', 'renew: with a new key: its fingerprint changes')
      .option(
        '--ca <file>',
        'verify: CA that is trusted (default: that of the folder); may be repeated',
        values(String),
      )
      .option(
        '--crl <file>',
        'verify: revocation list (default: that of the folder with its CA); may be repeated',
        values(String),
      )
      .option(
        '--pin <fingerprint>',
        'verify: the key must be this one; without --ca no CA is asked; may be repeated',
        values(String),
      )
      .option('-f, --force', 'init: replace a certificate and its key')
      .action(perform(performTls));
  },
};

async function performTls(
  context: CommandContext,
  name: TlsAction,
  file: string | undefined,
  flags: TlsFlags,
): Promise<void> {
  const action = tlsActions[name];
  if ((file === undefined) === action.takesFile) {
    throw cliError('USAGE', `\`dst tls ${name}\` ${action.takesFile ? 'needs' : 'takes no'} file`);
  }
  for (const flag of Object.keys(flags)) {
    if (action.flags.includes(flag as keyof TlsFlags)) continue;
    const written = flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw cliError('USAGE', `\`dst tls ${name}\` does not take --${written}`);
  }
  await action.perform(context, flags, file ?? '');
}
