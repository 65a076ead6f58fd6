/** docs/events.md and docs/why.md are written from the tables in the source, and a test holds them against each other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventTexts, findingTexts } from '../src/app/client/index.ts';

const pathOf = (page: string): string => join(import.meta.dirname, '..', 'docs', page);

const renderEvents = (): string =>
  [
    '# Events',
    '',
    'What happens in the daemon is told as events, by the event stream of the API and by webhooks. An event is a JSON object:',
    '',
    '```json',
    '{ "id": 17, "at": 1900000000, "name": "torrent.added", "data": { "hash": "…", "name": "…" } }',
    '```',
    '',
    '`id` grows with each event, also over restarts; `at` is unix seconds. So many are kept that a listener who was away for',
    'a while goes on where it stopped (`Last-Event-ID`) and is told when something is missing: 8,000, and besides them 2,000',
    'of `piece.*`, `peer.connected` and `peer.disconnected`, of which a swarm makes thousands.',
    '',
    '| event | meaning | data |',
    '|---|---|---|',
    ...Object.entries(eventTexts).map(([name, { meaning, data }]) => {
      const fields = Object.entries(data).map(([field, text]) => `\`${field}\`: ${text}`);
      return `| \`${name}\` | ${meaning} | ${fields.join('<br>')} |`;
    }),
    '',
    '## Webhooks',
    '',
    'A webhook is an address to which events are sent as they come: those that it names, by name or by the beginning of',
    'names (`torrent.*`). Each is a `POST` with the event as JSON in its body. The headers `DST-Event` and `DST-Event-ID` name',
    'it; `DST-Signature: t=TIME,v1=HMAC` proves who sent it: HMAC-SHA-256 in hexadecimal, with the secret of the webhook, over',
    'the time (unix seconds), a dot, and the body. Refuse what is older than a few minutes: it may be sent by somebody else again.',
    '`dst webhook` makes and lists them.',
    '',
    'Any answer from 200 to 299 is good. After an error, an answer from 500 on, 408 or 429 the event is sent again: after',
    '5 seconds, then twice as long each time up to 10 minutes, ten times in all; other answers mean that it is not wanted.',
    'Events come in order; 1,000 wait for a webhook that is slow, then the oldest are dropped. That, and what was given up, is in the',
    'log of the daemon, and the stream of the API (`Last-Event-ID`) has what is missing. Redirects are not followed, and',
    'addresses that are not public are refused unless `api.privateRanges` has them: when the webhook is made, or, where a name leads',
    'to one, when something is sent.',
    '',
    'What waits is lost when the daemon ends, except for `torrent.completed`: a completion is told at least once. When the daemon',
    'ends, or is killed, before all webhooks had it or the program of `torrents.onComplete` came to its end, the next start runs',
    'the program and tells all webhooks of it once more, as a new event. Know a torrent by its `hash`.',
    '',
  ].join('\n');

const renderWhy = (): string =>
  [
    '# Why a torrent is slow',
    '',
    '`dst why HASH` and the API look at the facts (who has what, who chokes us, trackers, limits, queue, disk) and name what',
    'they find, the weightiest first. A finding that *blocks* is why nothing moves; one that *slows* is why it is not faster;',
    'a *note* is worth knowing. While something moves, nothing counts as blocking.',
    '',
    '| finding | weight | meaning | what you can do |',
    '|---|---|---|---|',
    ...Object.entries(findingTexts).map(
      ([code, { weight, meaning, advice }]) => `| \`${code}\` | ${weight} | ${meaning} | ${advice ?? ''} |`,
    ),
    '',
  ].join('\n');

/** Name of the page → what it should be. */
export const render = (): Readonly<Record<string, string>> => ({ 'events.md': renderEvents(), 'why.md': renderWhy() });

export const readDocument = (page: string): string => readFileSync(pathOf(page), 'utf8');

export function writeDocuments(): void {
  for (const [page, text] of Object.entries(render())) writeFileSync(pathOf(page), text);
}
