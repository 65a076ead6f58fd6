/** The NDJSON events of `download` and `seed`. Field names are a contract: they are only added to. */
import type { PeerIdentity, SessionTorrent, TorrentStatus } from '../app/index.ts';
import { codeOf, messageOf } from '../base/errors.ts';
import { describeHashes } from './torrent-json.ts';

type Identity = { name: string; infoHashV1: string | null; infoHashV2: string | null };

export const identityOf = (torrent: SessionTorrent): Identity => ({
  name: torrent.status().name,
  ...describeHashes(torrent.infoHashes),
});

/** About once a second for each torrent. */
export function progressEvent(torrent: SessionTorrent): object {
  const status = torrent.status();
  const protections = protectionsOf(torrent);
  return { event: 'progress', ...identityOf(torrent), state: status.state.kind, ...figuresOf(status), protections };
}

/** Connected peers by what protects the connection; `none`: nothing does. */
function protectionsOf(torrent: SessionTorrent): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { protection } of torrent.peers()) {
    const name = protection ?? 'none';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function figuresOf(status: TorrentStatus): object {
  return {
    progress: status.wantedSize === 0 ? 0 : status.wantedDone / status.wantedSize,
    wantedSize: status.wantedSize,
    verified: status.wantedDone,
    downloaded: status.downloaded,
    uploaded: status.uploaded,
    wasted: status.wasted,
    downloadRate: status.downloadRate,
    uploadRate: status.uploadRate,
    etaSeconds: status.etaSeconds,
    peers: status.peersConnected,
    seeds: status.seedsConnected,
  };
}

/** A peer has connected that has proved who it is. */
export function identifiedEvent(torrent: SessionTorrent, address: string, identity: PeerIdentity): object {
  const { fingerprint, name: key } = identity;
  return { event: 'identified', ...identityOf(torrent), address, fingerprint, key };
}

/** A torrent's failure; the command may go on with others. */
export function errorEvent(error: unknown, torrent: SessionTorrent | null): object {
  return {
    event: 'error',
    error: { code: codeOf(error) ?? 'UNEXPECTED', message: messageOf(error) },
    ...(torrent !== null && identityOf(torrent)),
  };
}

/** Nothing can be sent or received by the interface of `--interface`; null: it can again. */
export function networkEvent(problem: Error | null): object {
  return { event: 'network', problem: problem && { code: codeOf(problem), message: messageOf(problem) } };
}

/** The last event: bytes of all torrents together. */
export function doneEvent(torrents: readonly SessionTorrent[]): object {
  const sum = { downloaded: 0, uploaded: 0, wasted: 0, verified: 0 };
  for (const torrent of torrents) {
    const status = torrent.status();
    sum.downloaded += status.downloaded;
    sum.uploaded += status.uploaded;
    sum.wasted += status.wasted;
    sum.verified += status.wantedDone;
  }
  return { event: 'done', ...sum };
}
