/** All findings: what each means, and what the user can do. For `dst why`, APIs and docs/why.md. */
import type { Finding } from '../diagnosis.ts';

export interface FindingText {
  readonly weight: Finding['weight'];
  readonly meaning: string;
  /** Null: nothing, or wait. */
  readonly advice: string | null;
}

export type FindingCode =
  | 'stopped'
  | 'goal-reached'
  | 'queued'
  | 'moving'
  | 'move-failed'
  | 'checking'
  | 'waiting-to-check'
  | 'disk-full'
  | 'data-missing'
  | 'no-permission'
  | 'torrent-file-lost'
  | 'failed'
  | 'network-away'
  | 'nothing-wanted'
  | 'no-metadata'
  | 'no-trackers'
  | 'trackers-failed'
  | 'tracker-failed'
  | 'no-peers-known'
  | 'no-peers-connected'
  | 'nobody-has'
  | 'peers-have-nothing'
  | 'all-choked'
  | 'own-limit'
  | 'client-limit'
  | 'alternative-limit'
  | 'disk-slow'
  | 'disk-low'
  | 'not-reachable'
  | 'nobody-wants';

export const findingTexts: Readonly<Record<FindingCode, FindingText>> = {
  stopped: { weight: 'blocks', meaning: 'It was stopped.', advice: 'Start it.' },
  'goal-reached': {
    weight: 'blocks',
    meaning: 'Seeding is over, because a goal was reached.',
    advice:
      'Start it, and it seeds on without a goal. To have it end at another one, set its goals and then start it: new goals alone do not.',
  },
  queued: {
    weight: 'blocks',
    meaning: 'Others are before it in the queue.',
    advice: 'Move it up, force it, or let more run at the same time (`queue.downloads`, `queue.seeds`).',
  },
  moving: { weight: 'blocks', meaning: 'Its files are on their way to another folder.', advice: null },
  'move-failed': {
    weight: 'note',
    meaning: 'Its files could not be moved to where they were to go, and are where they were.',
    advice:
      'Mend what the message names, then move it again. Out of the folder for what is not complete (`incomplete`) it is tried again each minute.',
  },
  checking: { weight: 'blocks', meaning: 'Data that is there is being hashed.', advice: null },
  'waiting-to-check': {
    weight: 'blocks',
    meaning: 'Data that is there must be hashed, after that of other torrents.',
    advice: null,
  },
  'disk-full': {
    weight: 'blocks',
    meaning: 'The disk is full.',
    advice: 'Free some space, or choose another save path; it goes on by itself.',
  },
  'data-missing': {
    weight: 'blocks',
    meaning: 'The data is not where it was: a drive is not connected, or files were moved or deleted.',
    advice: 'Bring it back, and it goes on by itself; or verify the torrent to download what is missing again.',
  },
  'no-permission': {
    weight: 'blocks',
    meaning: 'The operating system refuses access to the folder or a file.',
    advice: 'Check owner and permissions, or that the disk is not read-only; it goes on by itself.',
  },
  'torrent-file-lost': {
    weight: 'blocks',
    meaning: 'The torrent file that the client keeps is missing or damaged.',
    advice: 'Add the torrent again: its settings and its data are still there.',
  },
  failed: { weight: 'blocks', meaning: 'It failed for another reason, which is named.', advice: 'See docs/errors.md.' },
  'network-away': {
    weight: 'blocks',
    meaning:
      'The network interface to which torrents are bound (`peers.interface`) cannot be used, so that nothing is sent.',
    advice: 'Bring it up, or mend its routes: `dst leaktest` shows what is wrong. Torrents then go on by themselves.',
  },
  'nothing-wanted': {
    weight: 'blocks',
    meaning: 'None of its files is wanted.',
    advice: 'Give the files that you want a priority.',
  },
  'no-metadata': {
    weight: 'blocks',
    meaning: 'The files of a magnet link are not known before a peer has sent the metadata.',
    advice: 'Wait for a peer, or add the torrent file.',
  },
  'no-trackers': {
    weight: 'slows',
    meaning: 'It has no tracker that would tell of peers.',
    advice: 'Add a tracker (`dst trackers --add`) or the address of a peer (`dst peers --add`): there is no DHT yet.',
  },
  'trackers-failed': {
    weight: 'slows',
    meaning: 'No tracker answers, or all refuse.',
    advice:
      'Look at the reasons; ask again, or add other trackers. One in your own network has to be in `api.privateRanges`.',
  },
  'tracker-failed': { weight: 'note', meaning: 'Some trackers do not answer, or refuse.', advice: null },
  'no-peers-known': {
    weight: 'blocks',
    meaning: 'No peer is known.',
    advice: 'Wait for peers, or add a tracker or the address of one.',
  },
  'no-peers-connected': {
    weight: 'blocks',
    meaning: 'Peers are known, but none is connected.',
    advice: 'Check firewall and VPN, and `peers.encryption` if it is `required`.',
  },
  'nobody-has': {
    weight: 'slows',
    meaning: 'Wanted pieces are missing that no connected peer has.',
    advice: 'Wait for a seed, or do not want the files concerned.',
  },
  'peers-have-nothing': {
    weight: 'blocks',
    meaning: 'No connected peer has anything that is missing here.',
    advice: 'Wait for a seed, or add trackers.',
  },
  'all-choked': {
    weight: 'blocks',
    meaning: 'Peers have what is missing, but all of them choke us: others have their turn.',
    advice: 'Wait; a higher upload limit gives peers a reason to send.',
  },
  'own-limit': {
    weight: 'slows',
    meaning: 'The rate is that of its own limit.',
    advice: 'Raise the limit of the torrent.',
  },
  'client-limit': {
    weight: 'slows',
    meaning: 'The rate of all torrents is that of the limit of the client.',
    advice: 'Raise `limits.download` or `limits.upload`.',
  },
  'alternative-limit': {
    weight: 'slows',
    meaning: 'The rate of all torrents is that of the alternative limit, which counts at present.',
    advice: 'Switch the alternative limits off, or change them or their schedule.',
  },
  'disk-slow': {
    weight: 'slows',
    meaning: 'Data arrives faster than the disk takes it.',
    advice: 'Look for other programs that use the disk, or choose a faster one.',
  },
  'disk-low': {
    weight: 'note',
    meaning: 'What is missing is more than what is free on the disk.',
    advice: 'Free space.',
  },
  'not-reachable': {
    weight: 'note',
    meaning: 'Nobody has connected to us yet, so peers behind a firewall cannot be reached.',
    advice: 'Forward the port `peers.port` on the router.',
  },
  'nobody-wants': {
    weight: 'note',
    meaning: 'It seeds, and no connected peer wants anything at present, or none is connected.',
    advice: null,
  },
};
