/** All events, what each means and carries: for those who choose some, and for docs/events.md. */
import type { ClientEvents, EventName } from '../event-log.ts';

export type EventTexts = {
  readonly [K in EventName]: {
    readonly meaning: string;
    readonly data: { readonly [Field in keyof ClientEvents[K]]: string };
  };
};

const hash = 'the torrent, 40 hexadecimal digits';
const name = 'name of the torrent';

export const eventTexts: EventTexts = {
  'torrent.added': { meaning: 'A torrent was added.', data: { hash, name } },
  'torrent.removed': {
    meaning: 'A torrent was removed.',
    data: { hash, name, isDataDeleted: 'its data is deleted as well' },
  },
  'torrent.metadata': {
    meaning: 'The metadata of a magnet link has arrived: files and sizes are known.',
    data: { hash, name },
  },
  'torrent.state': {
    meaning: 'A torrent has gone from one state to another. After a start only when it does not do what it did before.',
    data: { hash, from: '`stopped`, `queued`, `downloading`, …', to: 'likewise' },
  },
  'torrent.completed': {
    meaning: 'All wanted data of a download is there and verified.',
    data: { hash, name, savePath: 'folder where it is to be; a move there may follow' },
  },
  'torrent.failed': {
    meaning: 'A torrent cannot go on.',
    data: { hash, name, code: 'one of docs/errors.md', message: 'in words' },
  },
  'torrent.healed': { meaning: 'What had failed works again.', data: { hash, name, code: 'of the failure' } },
  'torrent.changed': {
    meaning: 'Something was changed by a user.',
    data: { hash, what: 'names of settings, or `name`, `trackers`, `priorities`, `paths`' },
  },
  'torrent.move-failed': {
    meaning: 'The files of a torrent could not be moved; they are where they were.',
    data: {
      hash,
      name,
      from: 'folder where they are',
      to: 'folder where they were to go',
      code: 'one of docs/errors.md',
      message: 'in words',
    },
  },
  'torrent.moved': {
    meaning: 'A torrent has another save path, and its files are there or expected there.',
    data: { hash, from: 'folder before', to: 'folder now' },
  },
  'torrent.goal-reached': {
    meaning: 'A torrent has seeded enough.',
    data: { hash, name, goal: '`ratio`, `minutes` or `idle`', action: '`stop`, `remove` or `remove-with-data`' },
  },
  'piece.verified': { meaning: 'A piece was verified and stored.', data: { hash, piece: 'its index' } },
  'piece.failed': { meaning: 'A piece failed its hash and is fetched again.', data: { hash, piece: 'its index' } },
  'peer.connected': { meaning: 'A connection to a peer stands.', data: { hash, address: 'IP address and port' } },
  'peer.disconnected': {
    meaning: 'A connection to a peer has ended.',
    data: { hash, address: 'IP address and port', reason: 'in words' },
  },
  'peer.banned': {
    meaning: 'Peers were found to send bad data, and are kept out.',
    data: { hash, addresses: 'list of IP addresses', reason: 'in words' },
  },
  'tracker.failed': {
    meaning: 'A tracker does not answer, or refuses.',
    data: { hash, url: 'of the tracker', message: 'reason in words' },
  },
  'tracker.recovered': { meaning: 'A tracker that had failed answers again.', data: { hash, url: 'of the tracker' } },
  'settings.changed': {
    meaning: 'Settings of the client have changed.',
    data: { keys: 'names of docs/config.md', needRestart: 'those of them that count after a restart only' },
  },
  'limits.switched': {
    meaning: 'Other limits count from now on.',
    data: { isAlternative: 'the alternative ones', by: '`user` or `schedule`' },
  },
  'health.changed': {
    meaning: 'Something that is looked after has gone wrong, or is well again.',
    data: { check: 'what', problem: 'in words; null: it is well' },
  },
};
