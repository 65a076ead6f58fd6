/** `dst config`: the configuration of the daemon, whether it runs or not. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  changeOwnConfig,
  clientConfig,
  type ConfigOrigin,
  describeConfig,
  loadOwnConfig,
  PLACE,
  shownValue,
  valueOfWords,
} from '../../../app/config/index.ts';
import { configFile } from '../../../app/paths/index.ts';
import { codeOf } from '../../../base/errors.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import type { DaemonClient } from '../../daemon/daemon-client.ts';
import { addDaemonFlags, connect, type DaemonFlags, isOnThisMachine } from '../../daemon/daemon-flags.ts';
import { daemonFolder } from '../../daemon/daemon-folder.ts';
import { actionArgument, performAction, type SubAction } from '../../sub-actions.ts';
import { escapeText } from '../../ui/escape.ts';
import { wrap } from '../../ui/wrap.ts';

interface ConfigFlags extends DaemonFlags {
  readonly config?: string;
  readonly origin?: true;
}

/** A key with its value in effect. */
interface Setting {
  readonly key: string;
  /** Null: not set, or a secret. */
  readonly value: unknown;
  /** What is in effect after a restart; null: the same. */
  readonly pending: { readonly value: unknown } | null;
  readonly origin: ConfigOrigin;
  /** There is a value, and it is not told. */
  readonly isSecret: boolean;
}

interface Change {
  readonly changed: readonly string[];
  readonly needRestart: readonly string[];
}

type ConfigAction = 'get' | 'set' | 'unset' | 'validate' | 'path' | 'schema';
const daemonFlags = ['socket', 'url', 'tokenFile'] as const;
const MANY = Number.POSITIVE_INFINITY;

const actions: Readonly<Record<ConfigAction, SubAction<ConfigFlags>>> = {
  get: { words: [0, MANY], noun: 'key', flags: [...daemonFlags, 'config', 'origin'], perform: get },
  set: { words: [2, MANY], noun: 'key and a value', flags: [...daemonFlags, 'config'], perform: set },
  unset: { words: [1, MANY], noun: 'key', flags: [...daemonFlags, 'config'], perform: unset },
  validate: { words: [0, 0], noun: 'key: name the file with --config', flags: ['config'], perform: validate },
  path: { words: [0, 0], noun: 'key', flags: [], perform: path },
  schema: { words: [0, MANY], noun: 'key', flags: [], perform: schema },
};

export const config: CommandDefinition = {
  configure(command, perform) {
    command
      .description(
        'Show, check and change the configuration of the daemon. While it runs a change counts at once, where it can; else it goes into the file. KEY may be a section: limits.',
      )
      .addArgument(
        actionArgument(
          Object.keys(actions),
          'get [KEY…]: values in effect; set KEY VALUE…: change one, a list with a word each; unset KEY…: back to the default; validate: check the file; path: where it is; schema [KEY…]: all keys with what they may hold',
        ),
      )
      .argument('[words...]', 'keys and values, by action')
      .option('--config <file>', 'another file than that of the daemon, which is not asked then')
      .option('--origin', 'get: with where each value comes from');
    addDaemonFlags(command);
    command.action(
      perform(async (context, name: ConfigAction, words: string[], flags: ConfigFlags) =>
        performAction(context, `dst config ${name}`, actions[name], words, flags),
      ),
    );
  },
};

/** Asks the daemon; where none runs on this machine, does it with the file. */
async function withDaemon<T>(
  context: CommandContext,
  flags: ConfigFlags,
  ask: (client: DaemonClient) => Promise<T>,
  withFile: (file: string | null) => Promise<T>,
): Promise<T> {
  if (flags.config !== undefined) return await withFile(flags.config);
  try {
    return await ask(await connect(context, flags));
  } catch (error) {
    if (codeOf(error) !== 'DAEMON_UNREACHABLE' || !isOnThisMachine(flags) || flags.socket !== undefined) throw error;
    context.output.detail(`no daemon runs: this is about ${configFile()}`);
    return await withFile(null);
  }
}

async function get(context: CommandContext, words: readonly string[], flags: ConfigFlags): Promise<void> {
  const { output } = context;
  const settings = await withDaemon(
    context,
    flags,
    async (client) => (await client.call<{ items: Setting[] }>('/settings')).items,
    settingsOfFile,
  );
  const chosen = choose(settings, words);
  if (output.options.json) {
    const shown = chosen.map(({ key, value, pending, origin, isSecret }) => ({
      key,
      value,
      pending,
      origin,
      isSecret,
    }));
    output.json({ config: shown });
    return;
  }
  // One value alone is for scripts.
  const isAlone = words.length === 1 && chosen.length === 1 && chosen[0]?.key === words[0];
  for (const setting of chosen) {
    const shown = isAlone ? bareValue(setting) : `${setting.key} = ${writtenValue(setting)}`;
    const later = setting.pending && `${writtenValue({ ...setting, ...setting.pending })} after a restart`;
    const remarks = [flags.origin === true ? setting.origin : null, isAlone && flags.origin !== true ? null : later];
    const remark = remarks.filter((text) => text !== null).join('; ');
    output.line(`${escapeText(shown)}${remark === '' ? '' : `  ${output.dim(`# ${escapeText(remark)}`)}`}`);
    if (isAlone && later !== null && flags.origin !== true) output.note(`${setting.key} is ${escapeText(later)}`);
  }
}

async function settingsOfFile(file: string | null): Promise<Setting[]> {
  const loaded = await loadOwnConfig(file);
  return describeConfig(clientConfig).map(({ key }) => {
    const isSecret = shownValue(clientConfig, key, loaded.value) === '(secret)';
    const value = key
      .split('.')
      .reduce((table: unknown, name) => (table as Record<string, unknown>)[name], loaded.value);
    return { key, value: isSecret ? null : value, pending: null, origin: loaded.originOf(key), isSecret };
  });
}

const NOT_SET = '(not set)';
const writtenValue = ({ value, isSecret }: Setting): string =>
  isSecret ? '(secret)' : value === null ? NOT_SET : JSON.stringify(value);
const bareValue = (setting: Setting): string =>
  typeof setting.value === 'string'
    ? setting.value
    : setting.value === null && !setting.isSecret
      ? ''
      : writtenValue(setting);

/** Those with these names or in these sections; all when none is named. Throws CONFIG_INVALID for what does not exist. */
function choose<T extends { readonly key: string }>(all: readonly T[], words: readonly string[]): T[] {
  if (words.length === 0) return [...all];
  return words.flatMap((word) => {
    const found = all.filter(({ key }) => key === word || key.startsWith(`${word}.`));
    if (found.length === 0) valueOfWords(clientConfig, word, ['']);
    return found;
  });
}

async function set(context: CommandContext, words: readonly string[], flags: ConfigFlags): Promise<void> {
  const [key = '', ...values] = words;
  const isPlace = describeConfig(clientConfig).some((known) => known.key === key && known.type.endsWith(PLACE));
  const told = isPlace ? values.map((word) => placeOf(word, flags)) : values;
  await change(context, flags, { [key]: valueOfWords(clientConfig, key, told) });
}

/** A path that is relative is so to where the command runs: the daemon, or its next start, may be elsewhere. */
function placeOf(word: string, flags: ConfigFlags): string {
  const isWritten = word.trim() === '' || /^(?:~(?:\/|$)|\s*\[)/.test(word);
  if (isWritten) return word;
  return flags.config === undefined ? daemonFolder(word, flags) : resolve(word);
}

async function unset(context: CommandContext, words: readonly string[], flags: ConfigFlags): Promise<void> {
  for (const word of words) valueOfWords(clientConfig, word, ['']);
  await change(context, flags, Object.fromEntries(words.map((word) => [word, null])));
}

async function change(context: CommandContext, flags: ConfigFlags, values: Record<string, unknown>): Promise<void> {
  const { output } = context;
  let runs = false;
  const { changed, needRestart } = await withDaemon<Change>(
    context,
    flags,
    async (client) => {
      const answer = await client.call<Change>('/settings', { method: 'PATCH', body: values });
      runs = true;
      return answer;
    },
    (file) => changeOwnConfig(file, values),
  );
  if (output.options.json) {
    output.json({ changed, needRestart: runs ? needRestart : [] });
    return;
  }
  const needers = new Set(describeConfig(clientConfig).flatMap(({ key, restart }) => (restart ? [key] : [])));
  const isTakenBack = (key: string): boolean => runs && needers.has(key) && !needRestart.includes(key);
  const done = changed.filter((key) => !isTakenBack(key));
  const back = changed.filter(isTakenBack);
  if (changed.length === 0) output.note('nothing has changed: it was so before');
  if (done.length > 0)
    output.note(`changed: ${done.map(escapeText).join(', ')}${runs ? '' : ' (no daemon was asked)'}`);
  if (back.length > 0) output.note(`taken back before it counted: ${back.map(escapeText).join(', ')}`);
  if (runs && needRestart.length > 0)
    output.warn(`it counts when the daemon is started again: ${needRestart.join(', ')}`);
}

async function validate({ output }: CommandContext, _words: readonly string[], flags: ConfigFlags): Promise<void> {
  const file = flags.config ?? configFile();
  await loadOwnConfig(flags.config ?? null);
  if (output.options.json) output.json({ file, ok: true });
  else if (existsSync(file)) output.note(`${escapeText(file)}: valid`);
  else output.note(`there is no ${escapeText(file)}, so the defaults count`);
}

async function path({ output }: CommandContext): Promise<void> {
  const file = configFile();
  const isThere = existsSync(file);
  if (output.options.json) output.json({ path: file, exists: isThere });
  else output.line(escapeText(file));
  if (!isThere) output.note('it does not exist yet; `dst config set` makes it');
}

async function schema({ output }: CommandContext, words: readonly string[]): Promise<void> {
  const rows = choose(describeConfig(clientConfig), words);
  if (output.options.json) {
    output.json({ keys: rows });
    return;
  }
  for (const { key, type, default: fallback, unit, restart, text } of rows) {
    output.line(`${output.bold(key)}${fallback === null ? '' : ` = ${fallback}`}`);
    const kind = [type, ...(unit === null ? [] : [unit]), ...(restart ? ['needs a restart'] : [])].join('; ');
    for (const line of wrap(`${text} (${kind})`, output.width - 4)) output.line(`    ${line}`);
  }
}
