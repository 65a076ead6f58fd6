/** What `dst key` does, action by action. */
import { basename, resolve } from 'node:path';
import {
  checkKeyPath,
  type ExportFormat,
  exportPublic,
  exportSecret,
  importPrivate,
  importPublic,
  keyPath,
  type ListedKey,
  listKeys,
  locateKey,
  makeIdentity,
  readPublicKeys,
  rotateIdentity,
  saveIdentity,
  savePrivateKey,
  type UnlockedIdentity,
} from '../app/keys/index.ts';
import type { CommandContext } from './command.ts';
import { cliError } from './errors.ts';
import { checkOutput, streamOutput } from './files.ts';
import { DEFAULT_KEY, openOwnKey } from './own-keys.ts';
import { askPassphrase } from './ui/ask-passphrase.ts';
import { escapeText } from './ui/escape.ts';
import { describeKeys, describePublic, renderKeys, renderList } from './ui/key-view.ts';

export interface KeyFlags {
  readonly output?: string;
  readonly name?: string;
  readonly rsa?: true;
  readonly format?: ExportFormat;
  readonly secret?: true;
  /** False with --no-passphrase. */
  readonly passphrase: boolean;
  readonly passphraseFile?: string;
  readonly newPassphraseFile?: string;
  readonly force?: true;
}

interface Action {
  /** Fewest and most keys that are named. */
  readonly keys: readonly [fewest: number, most: number];
  readonly flags: readonly (keyof KeyFlags)[];
  readonly perform: (context: CommandContext, keys: readonly string[], flags: KeyFlags) => Promise<void>;
}

export type KeyAction = 'new' | 'show' | 'list' | 'export' | 'import' | 'passphrase' | 'rotate';

export const keyActions: Readonly<Record<KeyAction, Action>> = {
  new: { keys: [0, 1], flags: ['name', 'rsa', 'passphrase', 'newPassphraseFile', 'force'], perform: makeKey },
  show: { keys: [1, 1], flags: ['passphraseFile'], perform: showKey },
  list: { keys: [0, 0], flags: [], perform: list },
  export: { keys: [1, 1], flags: ['output', 'format', 'secret', 'passphraseFile', 'force'], perform: exportKey },
  import: {
    keys: [1, Number.POSITIVE_INFINITY],
    flags: ['output', 'name', 'passphrase', 'passphraseFile', 'newPassphraseFile', 'force'],
    perform: importKey,
  },
  passphrase: { keys: [1, 1], flags: ['passphrase', 'passphraseFile', 'newPassphraseFile'], perform: changePassphrase },
  rotate: {
    keys: [1, 1],
    flags: ['output', 'name', 'rsa', 'passphrase', 'passphraseFile', 'newPassphraseFile', 'force'],
    perform: rotateKey,
  },
};

const mayReplace = (flags: KeyFlags): boolean => flags.force === true;

/** Null where the key file is to be left unprotected. */
async function newPassphrase(path: string, flags: KeyFlags): Promise<string | null> {
  const { passphrase, newPassphraseFile: file } = flags;
  if (!passphrase && file !== undefined) {
    throw cliError('USAGE', '--no-passphrase and --new-passphrase-file contradict each other');
  }
  return passphrase ? await askPassphrase({ purpose: path, isNew: true, file }) : null;
}

async function makeKey({ output }: CommandContext, [name]: readonly string[], flags: KeyFlags): Promise<void> {
  const path = keyPath(name ?? DEFAULT_KEY, 'key');
  await checkKeyPath(path, mayReplace(flags));
  const passphrase = await newPassphrase(path, flags);
  using identity = await makeIdentity({ name: flags.name ?? null, withRsa: flags.rsa === true });
  const publicPath = await saveIdentity(path, identity, { passphrase, mayReplace: mayReplace(flags) });
  tellSaved(output, identity, path, publicPath);
}

function tellSaved(
  output: CommandContext['output'],
  identity: UnlockedIdentity,
  path: string,
  publicPath: string,
): void {
  if (output.options.json) {
    output.json({ path, publicPath, ...describePublic(identity.publicIdentity) });
    return;
  }
  output.note(`private key, for you alone: ${escapeText(path)}`);
  output.note(`public key, for others: ${escapeText(publicPath)}`);
  output.line(identity.fingerprint);
}

async function showKey(context: CommandContext, [name = '']: readonly string[], flags: KeyFlags): Promise<void> {
  const { output } = context;
  const keys = await publicKeysOf(context, name, flags);
  if (output.options.json) output.json(describeKeys(keys));
  else for (const line of renderKeys(keys, (text) => output.bold(text))) output.line(line);
}

/** Of a public key file as it is; of a private one after it was opened. */
async function publicKeysOf(
  context: CommandContext,
  name: string,
  flags: KeyFlags,
): Promise<Awaited<ReturnType<typeof readPublicKeys>>> {
  if (/^age1/i.test(name)) return await readPublicKeys(name);
  const { path, content } = await locateKey(name);
  if (content === 'public') return await readPublicKeys(path);
  using identity = await openOwnKey(context, path, flags.passphraseFile);
  return { kind: 'identity', identity: identity.publicIdentity, rotations: [] };
}

async function list({ output }: CommandContext): Promise<void> {
  const keys = await listKeys();
  if (output.options.json) output.json({ keys: keys.map(describeListed) });
  else for (const line of renderList(keys)) output.line(line);
  if (keys.length === 0) output.note('no keys yet; `dst key new` makes one');
}

const unknown = { fingerprint: null, name: null, created: null, rsa: null };
const describeListed = ({ key, isOwn, identity }: ListedKey): object => ({
  key,
  isOwn,
  ...(identity === null ? unknown : describePublic(identity)),
});

async function exportKey(context: CommandContext, [name = '']: readonly string[], flags: KeyFlags): Promise<void> {
  const { output } = context;
  const target = flags.output ?? '-';
  const format = flags.format ?? 'identity';
  if (target === '-' && output.options.json) throw cliError('USAGE', '--json needs -o FILE');
  await checkOutput(target, mayReplace(flags));
  const text =
    flags.secret === true
      ? await secretText(context, name, format, flags)
      : await publicText(context, name, format, flags);
  const options = { mayReplace: mayReplace(flags), ...(flags.secret === true && { mode: 0o600 }) };
  await streamOutput(output, target, options, (write) => write(new TextEncoder().encode(text)));
  if (output.options.json) output.json({ path: target, format, secret: flags.secret === true });
  else if (target !== '-') output.line(target);
}

async function secretText(
  context: CommandContext,
  name: string,
  format: ExportFormat,
  flags: KeyFlags,
): Promise<string> {
  using identity = await openOwnKey(context, name, flags.passphraseFile);
  return exportSecret(identity, format);
}

async function publicText(
  context: CommandContext,
  name: string,
  format: ExportFormat,
  flags: KeyFlags,
): Promise<string> {
  const keys = await publicKeysOf(context, name, flags);
  if (keys.kind === 'identity') return exportPublic(keys, format);
  throw cliError('USAGE', `${name} is a key of another program already`);
}

async function importKey(context: CommandContext, files: readonly string[], flags: KeyFlags): Promise<void> {
  const { output } = context;
  const paths = files.map((file) => resolve(file));
  const [first = ''] = paths;
  if ((await locateKey(first)).content === 'private') return await importOwn(context, paths, flags);
  if (paths.length > 1) throw cliError('USAGE', 'public keys are imported one at a time');
  const name = flags.output ?? basename(first).replace(/\.pub$/, '');
  const target = keyPath(name, 'pub');
  const { fingerprint, name: owner, before } = await importPublic(first, target, mayReplace(flags));
  if (output.options.json) return output.json({ path: target, fingerprint, name: owner, before });
  if (before !== null) output.note(`in the place of ${before}, as its owner says`);
  output.note(`compare the fingerprint with what ${owner === null ? 'its owner' : escapeText(owner)} tells you`);
  output.line(fingerprint);
}

async function importOwn(context: CommandContext, paths: readonly string[], flags: KeyFlags): Promise<void> {
  const path = keyPath(flags.output ?? DEFAULT_KEY, 'key');
  await checkKeyPath(path, mayReplace(flags));
  using identity = await importPrivate(paths, flags.name ?? null, (file) =>
    askPassphrase({ purpose: file, isNew: false, file: flags.passphraseFile }),
  );
  const passphrase = await newPassphrase(path, flags);
  const publicPath = await saveIdentity(path, identity, { passphrase, mayReplace: mayReplace(flags) });
  tellSaved(context.output, identity, path, publicPath);
}

async function changePassphrase(
  context: CommandContext,
  [name = '']: readonly string[],
  flags: KeyFlags,
): Promise<void> {
  const { output } = context;
  const path = keyPath(name, 'key');
  using identity = await openOwnKey(context, name, flags.passphraseFile);
  await savePrivateKey(path, identity, { passphrase: await newPassphrase(path, flags), mayReplace: true });
  if (output.options.json) output.json({ path, isProtected: flags.passphrase });
  else output.note(flags.passphrase ? 'the passphrase is changed' : 'the key file is not protected any more');
}

async function rotateKey(context: CommandContext, [name = '']: readonly string[], flags: KeyFlags): Promise<void> {
  if (flags.output === undefined) throw cliError('USAGE', 'name the new key with -o; the old one stays');
  const path = keyPath(flags.output, 'key');
  const before = keyPath(name, 'key');
  if (resolve(path) === resolve(before)) throw cliError('USAGE', 'the new key needs another name; the old one stays');
  await checkKeyPath(path, mayReplace(flags));
  using old = await openOwnKey(context, name, flags.passphraseFile);
  const passphrase = await newPassphrase(path, flags);
  const owner = flags.name ?? old.name;
  using identity = await makeIdentity({ name: owner, withRsa: flags.rsa === true || old.publicIdentity.rsa !== null });
  const rotations = await rotateIdentity(before, old, identity);
  const publicPath = await saveIdentity(path, identity, { passphrase, mayReplace: mayReplace(flags), rotations });
  tellSaved(context.output, identity, path, publicPath);
}
