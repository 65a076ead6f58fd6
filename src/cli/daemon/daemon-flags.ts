/** Where the daemon is, as flags, variables and the configuration say it: the same for all commands that speak to it. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { daemonSocket } from '../../app/daemon-address/index.ts';
import { scopeOf } from '../../base/address-scope.ts';
import { messageOf } from '../../base/errors.ts';
import type { CommandContext } from '../command.ts';
import { cliError } from '../errors.ts';
import { type DaemonAddress, DaemonClient } from './daemon-client.ts';

export interface DaemonFlags {
  readonly socket?: string;
  readonly url?: string;
  readonly tokenFile?: string;
}

export function addDaemonFlags(command: Command): void {
  command
    .option('--socket <path>', "the daemon's socket (default: $DST_SOCKET, else that of your own daemon)")
    .addOption(
      command
        .createOption('--url <url>', 'a daemon elsewhere, such as https://host:8470 (default: $DST_URL)')
        .conflicts('socket'),
    )
    .option('--token-file <file>', 'file with the token for --url (default: $DST_TOKEN_FILE)');
}

/** Rejects USAGE_VALUE and TOKEN_FILE_INVALID; whether a daemon is there shows when it is asked. */
export async function connect({ output }: Pick<CommandContext, 'output'>, flags: DaemonFlags): Promise<DaemonClient> {
  const address = await addressOf(flags, process.env);
  if ('url' in address && address.token !== null && isOpenToOthers(address.url)) {
    output.warn(`the token crosses the network unencrypted; ${address.url.host} should be called by https`);
  }
  return new DaemonClient(address);
}

/** A flag counts more than the environment, and an address more than a socket. */
export async function addressOf(flags: DaemonFlags, env: NodeJS.ProcessEnv): Promise<DaemonAddress> {
  const socket = flags.socket ?? (flags.url === undefined ? env['DST_SOCKET'] : undefined);
  const url = flags.url ?? (flags.socket === undefined ? env['DST_URL'] : undefined);
  if (url !== undefined && url !== '') {
    const file = flags.tokenFile ?? env['DST_TOKEN_FILE'] ?? '';
    return { url: parseDaemonUrl(url), token: file === '' ? null : await readToken(file) };
  }
  return { socket: socket !== undefined && socket !== '' ? resolve(socket) : await daemonSocket(env) };
}

/** Whether the daemon sees the same folders as this command, as far as that can be known. */
export const isOnThisMachine = (flags: DaemonFlags): boolean =>
  flags.url === undefined && (flags.socket !== undefined || (process.env['DST_URL'] ?? '') === '');

function parseDaemonUrl(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  const isGood = url !== null && ['http:', 'https:'].includes(url.protocol) && `${url.pathname}${url.search}` === '/';
  if (isGood && url.username === '' && url.password === '') return url;
  throw cliError('USAGE_VALUE', `"${text}" is not the address of a daemon; write it as https://host:8470`);
}

const isOpenToOthers = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && hostname !== 'localhost' && scopeOf(hostname.replace(/^\[|\]$/g, '')) !== 'loopback';

async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw cliError('INPUT_UNREADABLE', `${file} could not be read: ${messageOf(cause)}`, { cause });
  });
  const token = text.trim();
  if (/^[\x21-\x7e]{1,1000}$/.test(token)) return token;
  throw cliError('TOKEN_FILE_INVALID', `${file} does not have a token as its only line`);
}
