import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Bitfield } from '../../../base/bitfield.ts';
import { defaultTorrentSettings } from '../torrent-settings.ts';
import type { FileView, PeerView, TorrentView, TrackerView, ViewState } from '../torrent-view.ts';
import { diagnose, type DiagnosisFacts } from './diagnose.ts';
import { type FindingCode, findingTexts } from './finding-texts.ts';

const view: TorrentView = {
  ...{ id: 1, hash: 'ab'.repeat(20), hashV1: null, hashV2: null, name: 'n', state: 'downloading', problem: null },
  ...{
    warning: null,
    moveProblem: null,
    isStalled: false,
    isSeedingOver: false,
    isSealed: false,
    isPrivate: false,
    hasMetadata: true,
    queuePosition: 3,
  },
  settings: defaultTorrentSettings,
  ...{
    savePath: '/save',
    contentPath: '/save/n',
    totalSize: 4000,
    wantedSize: 4000,
    wantedDone: 0,
    done: 0,
    checked: 1,
    moved: 1,
  },
  ...{ pieceCount: 4, pieceLength: 1000, piecesHave: 0, fileCount: 2, comment: '', creator: '', createdAt: null },
  ...{ downloadRate: 0, uploadRate: 0, downloaded: 0, uploaded: 0, downloadedInRun: 0, uploadedInRun: 0, wasted: 0 },
  ...{ ratio: 0, eta: null, secondsDownloading: 0, secondsSeeding: 0, addedAt: 0, startedAt: null, completedAt: null },
  ...{ activeAt: null, peersConnected: 1, peersSending: 0, peersReceiving: 0, seedsConnected: 0, peersKnown: 5 },
  ...{ swarmSeeds: null, swarmLeechers: null, availability: 0, tracker: '', trackerCount: 1 },
};
const peer: PeerView = {
  ...{ host: '192.0.2.1', port: 1, client: '', peerId: '', isIncoming: false, protection: null, progress: 1 },
  ...{ downloadRate: 0, uploadRate: 0, downloaded: 0, uploaded: 0, amChoking: true, amInterested: true },
  ...{ peerChoking: false, peerInterested: true, pendingBlocks: 0, flags: '', source: 'tracker' },
};
const tracker: TrackerView = {
  ...{ id: 0, url: 'http://t.example/', tier: 0, state: 'ok', message: null, seeders: 1, leechers: 1, downloads: null },
  ...{ peersReceived: 5, lastAnnounceAt: 1, nextAnnounceAt: 100 },
};
const file = (firstPiece: number, lastPiece: number, more: Partial<FileView> = {}): FileView => ({
  ...{ index: firstPiece, path: 'f', size: 1000, done: 0, priority: 4, availability: 1 },
  ...{ firstPiece, lastPiece },
  ...more,
});
/** A download that has all that it needs. */
const well: DiagnosisFacts = {
  view,
  files: [file(0, 1), file(2, 3)],
  peers: [peer],
  trackers: [tracker],
  pieces: { have: new Bitfield(4), active: [], availability: Uint16Array.of(1, 1, 1, 1) },
  queue: { enabled: true, downloads: 2, seeds: 3, slowRate: 0 },
  limits: { download: 0, upload: 0 },
  isAlternative: false,
  rates: { download: 0, upload: 0 },
  hasIncoming: true,
  networkProblem: null,
  diskDelay: 20,
  freeSpace: 1e9,
  isGoalReached: false,
};

const found = (change: Partial<DiagnosisFacts>): string[] =>
  diagnose({ ...well, ...change }).findings.map(({ code }) => code);
const seen = (change: Partial<TorrentView>): { view: TorrentView } => ({ view: { ...view, ...change } });
const problem = (code: string): { view: TorrentView } =>
  seen({ state: 'failed', problem: { code, message: 'trouble', healsItself: true } });
const seeding = seen({ state: 'seeding', wantedDone: 4000 });

/** What is so, and what is found by it alone. */
const cases: Readonly<Record<FindingCode, Partial<DiagnosisFacts>>> = {
  stopped: seen({ state: 'stopped' }),
  'goal-reached': { ...seen({ state: 'stopped', ratio: 2 }), isGoalReached: true },
  queued: seen({ state: 'queued' }),
  moving: seen({ state: 'moving', moved: 0.5 }),
  'move-failed': seen({ moveProblem: { code: 'STORAGE_NO_SPACE', message: 'could not be moved to /x: no space' } }),
  checking: seen({ state: 'checking', checked: 0.25 }),
  'waiting-to-check': seen({ state: 'waiting-to-check' }),
  'disk-full': problem('STORAGE_NO_SPACE'),
  'data-missing': problem('STORAGE_MISSING'),
  'no-permission': problem('STORAGE_ACCESS_DENIED'),
  'torrent-file-lost': problem('CLIENT_METAINFO_LOST'),
  failed: problem('ENGINE_HYBRID_MISMATCH'),
  'network-away': { networkProblem: { code: 'NET_INTERFACE_DOWN', message: 'wg0 is not there, or is down' } },
  'nothing-wanted': seen({ wantedSize: 0 }),
  'no-metadata': {
    ...seen({ state: 'fetching-metadata', hasMetadata: false, totalSize: 0, wantedSize: 0 }),
    pieces: null,
  },
  'no-trackers': { ...seen({ peersKnown: 0 }), trackers: [], peers: [] },
  'trackers-failed': { trackers: [{ ...tracker, state: 'failed', message: 'gone' }] },
  'tracker-failed': { trackers: [tracker, { ...tracker, url: 'http://u.example/', state: 'failed' }] },
  'no-peers-known': { ...seen({ peersKnown: 0 }), peers: [] },
  'no-peers-connected': { peers: [] },
  'nobody-has': { pieces: { have: new Bitfield(4), active: [], availability: Uint16Array.of(1, 0, 1, 0) } },
  'peers-have-nothing': {
    pieces: { have: new Bitfield(4), active: [], availability: Uint16Array.of(0, 0, 0, 0) },
    peers: [{ ...peer, amInterested: false }],
  },
  'all-choked': {
    peers: [
      { ...peer, peerChoking: true },
      { ...peer, amInterested: false },
    ],
  },
  'own-limit': seen({ downloadRate: 950, settings: { ...defaultTorrentSettings, downloadLimit: 1000 } }),
  'client-limit': { limits: { download: 1000, upload: 0 }, rates: { download: 1010, upload: 0 } },
  'alternative-limit': {
    limits: { download: 1000, upload: 0 },
    rates: { download: 1010, upload: 0 },
    isAlternative: true,
  },
  'disk-slow': { diskDelay: 1_500 },
  'disk-low': { freeSpace: 3999 },
  'not-reachable': { hasIncoming: false },
  'nobody-wants': { ...seeding, peers: [{ ...peer, peerInterested: false }] },
};

describe('a diagnosis', () => {
  test('of what is well has no finding', () => {
    assert.deepEqual(diagnose(well), { summary: 'It downloads at 0 B/s with 1 peer.', findings: [] });
    assert.deepEqual(found(seeding), []);
  });

  for (const [code, change] of Object.entries(cases)) {
    test(`finds ${code}`, () => {
      const { findings } = diagnose({ ...well, ...change });
      const finding = findings.find((one) => one.code === code);
      assert.ok(finding, findings.map((one) => one.code).join());
      assert.equal(finding.advice, findingTexts[code as FindingCode].advice);
      const others = findings.filter((one) => one.code !== code).map((one) => one.code);
      assert.deepEqual(others, code === 'no-trackers' ? ['no-peers-known'] : []);
    });
  }

  test('counts no peers where there are none', () => {
    const { findings } = diagnose({ ...well, ...seeding, peers: [] });
    assert.deepEqual(
      findings.map(({ message }) => message),
      ['no peer is connected'],
    );
  });

  test('names figures, and no passkeys', () => {
    const messages = (change: Partial<DiagnosisFacts>): string => diagnose({ ...well, ...change }).summary;
    assert.equal(
      messages(cases.queued),
      'Nothing moves: it waits at place 4 of the queue; 2 may run at the same time.',
    );
    assert.equal(
      messages({ ...seen({ state: 'queued', wantedDone: 4000 }) }),
      'Nothing moves: it waits at place 4 of the queue; 3 may run at the same time.',
    );
    assert.match(messages(cases.moving), /its files are being moved to \/save: 50 % are done/);
    assert.match(messages(cases.checking), /25 % are done/);
    assert.match(messages(cases['trackers-failed']), /http:\/\/t\.example\/: gone/);
    const secret = {
      ...tracker,
      state: 'failed',
      url: 'http://t.example/announce/KEY',
      message: 'bad ?passkey=x',
    } as const;
    assert.match(
      messages({ trackers: [secret] }),
      /\(http:\/\/t\.example\/announce\/\[redacted\]: bad \?passkey=\[redacted\]\)/,
    );
    const { facts } = diagnose({ ...well, ...cases['nobody-has'] }).findings[0] as { facts: object };
    assert.deepEqual(facts, { missing: 4, unseen: 2, first: 1 });
    assert.match(
      messages(cases['own-limit']),
      /It downloads at 950 B\/s with 1 peer; its download is limited to 1000 B\/s/,
    );
  });

  test('looks only at pieces that are wanted and missing', () => {
    const have = new Bitfield(4);
    have.add(1);
    const pieces = { have, active: [], availability: Uint16Array.of(1, 0, 1, 0) };
    assert.deepEqual(found({ pieces, files: [file(0, 1), file(2, 3, { priority: 0 })] }), []);
    assert.deepEqual(found({ pieces, files: [file(0, 1), file(2, 3, { done: 1000 })] }), []);
    assert.deepEqual(found({ pieces, files: [file(0, 3)] }), ['nobody-has']);
  });

  test('tells of a magnet link without peers that they are what it lacks', () => {
    const alone = {
      ...cases['no-metadata'],
      ...seen({ state: 'fetching-metadata', hasMetadata: false, peersKnown: 0 }),
      peers: [],
    };
    assert.match(diagnose({ ...well, ...alone }).summary, /no peer is known/);
  });

  test('sees a limit also where the rate that it leaves goes up and down', () => {
    const limits = { download: 1000, upload: 0 };
    assert.deepEqual(found({ limits, rates: { download: 780, upload: 0 } }), ['client-limit']);
    assert.deepEqual(found({ limits, rates: { download: 700, upload: 0 } }), []);
  });

  test('puts a limit that is reached before trackers that fail', () => {
    const both = { ...cases['trackers-failed'], ...cases['client-limit'] };
    assert.deepEqual(found(both), ['client-limit', 'trackers-failed']);
    assert.deepEqual(
      found({
        ...both,
        ...seen({ state: 'seeding' }),
        limits: { download: 0, upload: 1 },
        rates: { download: 0, upload: 1 },
      }).slice(0, 2),
      ['client-limit', 'trackers-failed'],
    );
  });

  test('puts what blocks first, and what moves is not blocked', () => {
    const many = { ...cases['trackers-failed'], hasIncoming: false, peers: [{ ...peer, peerChoking: true }] };
    assert.deepEqual(found(many), ['all-choked', 'trackers-failed', 'not-reachable']);
    const moving = diagnose({ ...well, ...many, ...seen({ downloadRate: 10 }) });
    assert.deepEqual(
      moving.findings.map(({ weight }) => weight),
      ['slows', 'slows', 'note'],
    );
    assert.match(
      moving.summary,
      /^It downloads at 10 B\/s with 1 peer; of 1 peer with what is missing none unchokes us/,
    );
  });

  test('knows every state of a torrent', () => {
    const states: ViewState[] = [
      'stopped',
      'queued',
      'waiting-to-check',
      'checking',
      'fetching-metadata',
      'downloading',
    ];
    for (const state of [...states, 'seeding', 'moving', 'failed'] as const) {
      assert.ok(diagnose({ ...well, ...seen({ state }) }).summary.length > 0);
    }
  });
});
