/** The log of the client, from its events. */
import type { ClientEvent } from '../../client/index.ts';
import { type Call, type Endpoints, reads } from './endpoint.ts';
import { flag, number } from './params.ts';

/** Kinds of lines, which clients choose by name. */
const kinds = { normal: 1, info: 2, warning: 4, critical: 8 } as const;
type Kind = keyof typeof kinds;

const quoted = (name: string): string => JSON.stringify(name);

/** What a line says of an event; null: it is no line, because there are too many of its kind, or peers have a log of their own. */
function lineOf(event: ClientEvent): readonly [Kind, string] | null {
  const { name, data } = event;
  switch (name) {
    case 'torrent.added':
      return ['normal', `Added torrent ${quoted(data.name)}`];
    case 'torrent.removed':
      return ['normal', `Removed torrent ${quoted(data.name)}${data.isDataDeleted ? ' and its files' : ''}`];
    case 'torrent.metadata':
      return ['normal', `Metadata of ${quoted(data.name)} has arrived`];
    case 'torrent.completed':
      return ['normal', `Download of ${quoted(data.name)} is complete`];
    case 'torrent.failed':
      return ['critical', `${quoted(data.name)} failed: ${data.message} (${data.code})`];
    case 'torrent.healed':
      return ['normal', `${quoted(data.name)} works again (${data.code})`];
    case 'torrent.move-failed':
      return ['critical', `${quoted(data.name)} ${data.message} (${data.code})`];
    case 'torrent.moved':
      return ['normal', `Torrent ${data.hash} was moved from ${quoted(data.from)} to ${quoted(data.to)}`];
    case 'torrent.goal-reached':
      return ['normal', `${quoted(data.name)} has reached its goal (${data.goal}): ${data.action}`];
    case 'piece.failed':
      return ['warning', `Piece ${data.piece} of torrent ${data.hash} failed its hash`];
    case 'tracker.failed':
      return ['warning', `Tracker ${quoted(data.url)} of torrent ${data.hash} failed: ${data.message}`];
    case 'tracker.recovered':
      return ['info', `Tracker ${quoted(data.url)} of torrent ${data.hash} answers again`];
    case 'settings.changed':
      return ['normal', `Settings were changed: ${data.keys.join(', ')}`];
    case 'limits.switched':
      return ['normal', `${data.isAlternative ? 'Alternative' : 'Usual'} limits count from now on (${data.by})`];
    case 'health.changed':
      return data.problem === null
        ? ['normal', `${data.check} is well again`]
        : ['critical', `${data.check}: ${data.problem}`];
    default:
      return null;
  }
}

/** Events that are newer than what the caller has; all when it has those of another log. */
function newEvents({ client: { events }, params }: Call): readonly ClientEvent[] {
  const known = Math.max(0, number(params, 'last_known_id') ?? 0);
  return events.since(known > events.last ? 0 : known).events;
}

function main(call: Call): object[] {
  return newEvents(call).flatMap((event) => {
    const [kind, message] = lineOf(event) ?? [];
    if (kind === undefined || flag(call.params, kind) === false) return [];
    return { id: event.id, message, timestamp: event.at, type: kinds[kind] };
  });
}

/** Peers that were banned. */
function peers(call: Call): object[] {
  return newEvents(call).flatMap(({ id, at, name, data }) =>
    name === 'peer.banned'
      ? data.addresses.map((ip) => ({ id, ip, timestamp: at, blocked: true, reason: data.reason }))
      : [],
  );
}

export const logEndpoints: Endpoints = { 'log/main': reads(main), 'log/peers': reads(peers) };
