/** Flags by which `download` and `seed` prove who we are to the peers of sealed torrents, and choose among these. */
import type { Command } from 'commander';
import type { AddOptions, SessionOptions } from '../app/index.ts';
import { keptNames, readExpectedSigner } from '../app/keys/index.ts';
import type { Metainfo } from '../codec/metainfo/index.ts';
import { type CommandContext, values } from './command.ts';
import { cliError } from './errors.ts';
import { openOwnKey } from './own-keys.ts';

export interface PeerIdentityFlags {
  readonly as?: string;
  readonly onlyWith?: string[];
  readonly keyPassphraseFile?: string;
}

export function addPeerIdentityFlags(command: Command): void {
  command
    .option('--as <key>', 'private key: prove to the other readers of sealed torrents that it is yours')
    .option(
      '--only-with <key>',
      'exchange only with readers who prove this identity: a public key file, a name, or a fingerprint; may be repeated',
      values(String),
    );
}

/** What the flags say, until it is disposed of: the key of `--as` is closed then. */
export interface PeerIdentityOptions extends Disposable {
  readonly session: Pick<SessionOptions, 'identity' | 'contacts'>;
  readonly torrent: Pick<AddOptions, 'onlyWith'>;
}

/** `targets`: torrents, and magnet links, whose peers cannot prove who they are. */
export async function peerIdentityOptions(
  context: CommandContext,
  flags: PeerIdentityFlags,
  targets: readonly (Metainfo | string)[],
): Promise<PeerIdentityOptions> {
  const isSealed = targets.some((target) => typeof target !== 'string' && target.info.seal !== null);
  if (flags.as !== undefined && !isSealed) {
    throw cliError('USAGE', '--as proves who you are to readers of sealed torrents, and there is none here');
  }
  const onlyWith: string[] = [];
  for (const key of flags.onlyWith ?? []) onlyWith.push((await readExpectedSigner(key, [])).fingerprint);
  const contacts = isSealed ? await keptNames() : new Map<string, string>();
  const identity = flags.as === undefined ? null : await openOwnKey(context, flags.as, flags.keyPassphraseFile);
  return {
    session: { contacts, ...(identity !== null && { identity }) },
    torrent: flags.onlyWith === undefined ? {} : { onlyWith },
    [Symbol.dispose]: () => identity?.[Symbol.dispose](),
  };
}
