/** What is sent to the daemon of a torrent that is to be added: a link, the bytes of a file, or what a sealed one holds. */
import { access } from 'node:fs/promises';
import { isSealed } from '../../app/sealed-torrent/index.ts';
import { isMagnet } from '../../app/torrent-file/index.ts';
import { webFetch } from '../../app/web-fetch/index.ts';
import { codeOf } from '../../base/errors.ts';
import type { ByteCount, Millis } from '../../base/units.ts';
import type { CommandContext } from '../command.ts';
import { cliError } from '../errors.ts';
import { readInput } from '../files.ts';
import { type OpenFlags, openTorrent } from '../torrent-input.ts';

/** The part of the request that says which torrent it is. */
export type NewSource = { readonly magnet: string } | { readonly torrent: string } | { readonly sealedContent: string };

export interface NamedSource {
  /** As the user has named it. */
  readonly target: string;
  readonly read: () => Promise<NewSource>;
  /** For a sealed torrent to which the daemon has no key: opened here. Null: it is none, or was opened. */
  readonly open: (() => Promise<NewSource>) | null;
}

/** Largest torrent file that the daemon takes, bytes. */
const LARGEST: ByteCount = 32 * 1024 * 1024;
const TIMEOUT: Millis = 60_000;
const INFO_HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|[a-z2-7]{32})$/i;
const WEB = /^https?:\/\//i;

/** Standard input may be a torrent, or links with a line each. */
export async function namedSources(
  context: CommandContext,
  targets: readonly string[],
  flags: OpenFlags,
): Promise<NamedSource[]> {
  const sources: NamedSource[] = [];
  for (const target of targets) {
    if (target !== '-') sources.push(await sourceOf(context, target, flags));
    else sources.push(...(await standardInput(context, flags)));
  }
  return sources;
}

async function sourceOf(context: CommandContext, target: string, flags: OpenFlags): Promise<NamedSource> {
  const isLink = isMagnet(target) || (INFO_HASH.test(target) && !(await exists(target)));
  if (isLink) return { target, read: async () => ({ magnet: target }), open: null };
  if (WEB.test(target)) return { target, read: async () => torrentOf(await fetchFile(context, target)), open: null };
  return fileSource(context, target, flags, async () => await readInput(target, LARGEST));
}

async function standardInput(context: CommandContext, flags: OpenFlags): Promise<NamedSource[]> {
  const bytes = await readInput('-', LARGEST);
  const lines = linesOf(bytes);
  if (lines === null) return [fileSource(context, 'standard input', flags, async () => bytes)];
  if (lines.length === 0) throw cliError('INPUT_UNREADABLE', 'standard input names no torrent');
  const sources: NamedSource[] = [];
  for (const line of lines) {
    if (!isMagnet(line) && !WEB.test(line) && !INFO_HASH.test(line)) {
      throw cliError('USAGE_VALUE', `"${line.slice(0, 100)}" on standard input is neither link nor info hash`);
    }
    sources.push(await sourceOf(context, line, flags));
  }
  return sources;
}

/** Null: they are those of a file. */
function linesOf(bytes: Uint8Array): string[] | null {
  // A torrent file is a dictionary; one with keys follows.
  if (isSealed(bytes) || /^d\d/.test(Buffer.from(bytes.subarray(0, 2)).toString('latin1'))) return null;
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** With a flag that says how a sealed torrent is opened it is opened here, else by the daemon if it can. */
function fileSource(
  context: CommandContext,
  target: string,
  flags: OpenFlags,
  readBytes: () => Promise<Uint8Array>,
): NamedSource {
  const { identity, passphraseFile, keyPassphraseFile, signer } = flags;
  const opensHere = [identity, passphraseFile, keyPassphraseFile, signer].some((flag) => flag !== undefined);
  const open = async (bytes: Uint8Array): Promise<NewSource> => {
    const { content } = await openTorrent(context, target, bytes, flags);
    return { sealedContent: Buffer.from(content).toString('base64') };
  };
  const read = async (): Promise<NewSource> => {
    const bytes = await readBytes();
    return opensHere && isSealed(bytes) ? await open(bytes) : torrentOf(bytes);
  };
  return { target, read, open: opensHere ? null : async () => await open(await readBytes()) };
}

/** Whether the daemon could not open what somebody here may be able to. */
export const isShut = (error: unknown): boolean => codeOf(error) === 'SEALED_NO_KEY';

const torrentOf = (bytes: Uint8Array): NewSource => ({ torrent: Buffer.from(bytes).toString('base64') });

/** Whoever calls the command may ask any server, so any address will do. */
async function fetchFile({ signal }: CommandContext, url: string): Promise<Uint8Array> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
  return (await webFetch({ url, largest: LARGEST, signal: limited }, { mayContact: () => true })).body;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
