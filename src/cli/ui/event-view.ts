/** An event of the daemon as a line for people. */
import type { ClientEvents, EventName } from '../../app/client/index.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { escapeText } from './escape.ts';
import type { Paint } from './torrent-table.ts';
import type { Tone } from './torrent-words.ts';

export interface ToldEvent {
  readonly name: string;
  readonly at: UnixSeconds;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Longest name of an event. */
const NAME_WIDTH = 21;

const tones: Partial<Record<EventName, Tone>> = {
  'torrent.completed': 'good',
  'torrent.healed': 'good',
  'torrent.failed': 'bad',
  'tracker.failed': 'caution',
  'piece.failed': 'caution',
  'peer.banned': 'caution',
};

type Words = { readonly [K in EventName]?: (data: ClientEvents[K]) => string };

/** What an event says besides the torrent that it is about. */
const words: Words = {
  'torrent.removed': ({ isDataDeleted }) => (isDataDeleted ? 'with its data' : ''),
  'torrent.state': ({ from, to }) => `${from} -> ${to}`,
  'torrent.completed': ({ savePath }) => savePath,
  'torrent.failed': ({ message, code }) => `${message} (${code})`,
  'torrent.healed': ({ code }) => code,
  'torrent.changed': ({ what }) => what.join(', '),
  'torrent.move-failed': ({ message, code }) => `${message} (${code})`,
  'torrent.moved': ({ from, to }) => `${from} -> ${to}`,
  'torrent.goal-reached': ({ goal, action }) => `${goal}: ${action}`,
  'piece.verified': ({ piece }) => `piece ${piece}`,
  'piece.failed': ({ piece }) => `piece ${piece}`,
  'peer.connected': ({ address }) => address,
  'peer.disconnected': ({ address, reason }) => `${address}: ${reason}`,
  'peer.banned': ({ addresses, reason }) => `${addresses.join(', ')}: ${reason}`,
  'tracker.failed': ({ url, message }) => `${url}: ${message}`,
  'tracker.recovered': ({ url }) => url,
  'settings.changed': ({ keys, needRestart }) =>
    needRestart.length === 0 ? keys.join(', ') : `${keys.join(', ')}; after a restart: ${needRestart.join(', ')}`,
  'limits.switched': ({ isAlternative, by }) => `${isAlternative ? 'alternative' : 'usual'} limits, by the ${by}`,
  'health.changed': ({ check, problem }) => `${check}: ${problem ?? 'well again'}`,
};

/** `nameOf`: the name of a torrent by its hash. An event that is not known here shows its data. */
export function eventLine(event: ToldEvent, nameOf: (hash: string) => string | null, paint: Paint): string {
  const { name, data } = event;
  const hash = typeof data['hash'] === 'string' ? data['hash'] : null;
  const torrent = typeof data['name'] === 'string' ? data['name'] : hash === null ? null : (nameOf(hash) ?? hash);
  const tell = words[name as EventName] as ((data: unknown) => string) | undefined;
  const said = tell?.(data) ?? (torrent === null ? JSON.stringify(data) : '');
  const facts = [torrent, said].filter((fact) => fact !== null && fact !== '').join('  ');
  const time = new Date(event.at * 1000);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0'));
  const shown = paint(
    escapeText(name).padEnd(NAME_WIDTH),
    tones[name as EventName] ?? (hash === null ? 'caution' : 'plain'),
  );
  return `${clock.join(':')}  ${shown}  ${escapeText(facts)}`;
}
