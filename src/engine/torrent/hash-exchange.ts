/**
 * Hashes of v2 torrents between peers (BEP 52). A magnet link brings only the root of each file: the piece layers come
 * from peers and prove themselves against it. When a piece fails, its leaves are fetched, to know which block was bad.
 * And what peers ask of us is answered, from the piece layers or by hashing the stored blocks again.
 */
import { concat, toHex } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import type { Millis, PieceIndex } from '../../base/units.ts';
import { type FileEntry, HashTree, swarmFiles } from '../../codec/metainfo/index.ts';
import { encodeHashes, encodeHashReject, encodeHashRequest, type HashRequest } from '../../codec/wire/index.ts';
import type { PeerSession } from '../peer/peer-session.ts';
import type { Content } from './content.ts';

/** Requests that one peer answers at the same time. */
const MOST_ASKED = 4;
/** A request that is not answered after this is asked of another peer, ms. */
const REQUEST_TIMEOUT: Millis = 15_000;
/** A peer that could not answer a request is asked again after this: it may have learned, or its link may be back. */
const RETRY: Millis = 30_000;
/** How often a peer may fetch all hashes of the torrent from us. */
const SERVINGS = 4;
/** Answers that one peer may have under way; more are rejected. */
const MOST_ANSWERING = 8;

export interface HashExchangePort {
  now(): Millis;
  readonly digests: Digests;
  content(): Content | null;
  peers(): Iterable<PeerSession>;
  /** The verified leaves of a piece that had failed. */
  leavesKnown(piece: PieceIndex, leaves: readonly Uint8Array[]): void;
  /** Pieces can be verified that could not before. */
  layersGrew(): void;
}

interface Asked {
  readonly request: HashRequest;
  readonly peer: PeerSession;
  readonly at: Millis;
  /** Set when the leaves of a failed piece are asked for. */
  readonly piece: PieceIndex | null;
}

export class HashExchange {
  readonly #port: HashExchangePort;
  /** Hex of a file's root → its tree, made when first needed. */
  readonly #trees = new Map<string, HashTree>();
  readonly #asked = new Map<string, Asked>();
  /** Peers that could not answer a request, and until when they are not asked again. */
  readonly #refused = new Map<string, Map<number, Millis>>();
  /** By peer: answers under way, and hashes given so far. */
  readonly #served = new Map<number, { answering: number; hashes: number }>();
  /** Files whose piece layer may be missing; made when first needed. */
  #lacking: Set<FileEntry> | null = null;
  /** Ids of peers that were listened to since the last tick. */
  readonly #heard = new Set<number>();
  /** Hex of its root → file, made when first needed. */
  #byRoot: Map<string, FileEntry> | null = null;

  constructor(port: HashExchangePort) {
    this.#port = port;
  }

  /** Asks for the piece layers that are missing, as far as there are peers who may know them. */
  fetchLayers(): void {
    const content = this.#port.content();
    if (content === null || !content.metainfo.info.hasV2) return;
    this.#lacking ??= new Set(
      swarmFiles(content.metainfo.info).filter(({ length }) => length > content.geometry.pieceLength),
    );
    for (const file of this.#lacking) {
      const { piecesRoot } = file;
      if (piecesRoot === null || content.layers.has(toHex(piecesRoot))) {
        this.#lacking.delete(file);
        continue;
      }
      if (this.#helpers().next().done === true) return;
      for (const request of this.#tree(file, content).missing()) this.#ask(request, null);
    }
  }

  /** A peer has told something: it may know the layers that are missing. Who repeats itself is listened to at the next tick. */
  peerChanged(peer: PeerSession): void {
    if (this.#heard.has(peer.id)) return;
    this.#heard.add(peer.id);
    this.fetchLayers();
  }

  /** Asks for the leaves of a piece that has failed. */
  fetchLeaves(piece: PieceIndex): void {
    const content = this.#port.content();
    if (content === null || !content.metainfo.info.hasV2) return;
    const file = fileOf(content, piece);
    if (file.piecesRoot === null) return;
    const request = this.#tree(file, content).leavesRequest(piece - file.offset / content.geometry.pieceLength);
    if (request !== null) this.#ask(request, piece);
  }

  received(peer: PeerSession, request: HashRequest, hashes: Uint8Array): void {
    const key = keyOf(request);
    const asked = this.#asked.get(key);
    if (asked === undefined || asked.peer !== peer) return;
    this.#asked.delete(key);
    const tree = this.#trees.get(toHex(request.piecesRoot));
    if (tree === undefined || !tree.accept(request, hashes)) {
      peer.close('WIRE_BAD_HASHES: hashes that do not prove themselves');
      return;
    }
    if (asked.piece !== null) {
      const leaves = Array.from({ length: request.length }, (_, i) => hashes.slice(32 * i, 32 * i + 32));
      this.#port.leavesKnown(asked.piece, leaves);
    } else if (tree.pieceLayer !== null) {
      this.#port.content()?.layers.set(toHex(request.piecesRoot), tree.pieceLayer);
      this.#port.layersGrew();
    }
    this.fetchLayers();
  }

  rejected(peer: PeerSession, request: HashRequest): void {
    const key = keyOf(request);
    if (this.#asked.get(key)?.peer !== peer) return;
    this.#refuse(key);
    this.peerChanged(peer);
  }

  /** A peer asks us. */
  requested(peer: PeerSession, request: HashRequest): void {
    const content = this.#port.content();
    const file = content === null ? undefined : this.#fileOf(request, content);
    const served = this.#served.get(peer.id) ?? { answering: 0, hashes: 0 };
    this.#served.set(peer.id, served);
    const isRefused = content === null || file === undefined || served.answering >= MOST_ANSWERING || peer.isCongested;
    if (isRefused || served.hashes + request.length > SERVINGS * hashesIn(content)) {
      peer.send(encodeHashReject(request));
      return;
    }
    served.hashes += request.length;
    served.answering++;
    // The request's view ends with this call: keep a copy.
    const kept = { ...request, piecesRoot: request.piecesRoot.slice() };
    void this.#answer(peer, kept, content, file).finally(() => served.answering--);
  }

  closed(peer: PeerSession): void {
    for (const [key, asked] of this.#asked) if (asked.peer === peer) this.#asked.delete(key);
    for (const peers of this.#refused.values()) peers.delete(peer.id);
    this.#served.delete(peer.id);
    this.#heard.delete(peer.id);
  }

  tick(now: Millis): void {
    this.#heard.clear();
    for (const [key, asked] of this.#asked) if (now - asked.at > REQUEST_TIMEOUT) this.#refuse(key);
    this.fetchLayers();
  }

  #refuse(key: string): void {
    const asked = this.#asked.get(key);
    if (asked === undefined) return;
    this.#asked.delete(key);
    const peers = this.#refused.get(key) ?? new Map<number, Millis>();
    this.#refused.set(key, peers.set(asked.peer.id, this.#port.now() + RETRY));
  }

  #ask(request: HashRequest, piece: PieceIndex | null): void {
    const key = keyOf(request);
    if (this.#asked.has(key)) return;
    for (const peer of this.#helpers()) {
      if ((this.#refused.get(key)?.get(peer.id) ?? 0) > this.#port.now()) continue;
      this.#asked.set(key, { request, peer, at: this.#port.now(), piece });
      peer.send(encodeHashRequest(request));
      return;
    }
  }

  /** Peers that may be asked for one thing more. One with nothing can prove nothing (BEP 52 lets it decline). */
  *#helpers(): Generator<PeerSession, void> {
    const counts = new Map<PeerSession, number>();
    for (const { peer } of this.#asked.values()) counts.set(peer, (counts.get(peer) ?? 0) + 1);
    for (const peer of this.#port.peers()) {
      const isAble = peer.isV2 && (!peer.have.isEmpty || peer.isSeed);
      if (isAble && (counts.get(peer) ?? 0) < MOST_ASKED) yield peer;
    }
  }

  async #answer(peer: PeerSession, request: HashRequest, content: Content, file: FileEntry): Promise<void> {
    const tree = this.#tree(file, content);
    const [first, end] = tree.piecesForAnswer(request);
    const base = file.offset / content.geometry.pieceLength;
    const leaves: Uint8Array[] = [];
    try {
      for (let piece = first; piece < end; piece++) {
        if (!content.have.has(base + piece)) throw new Error('a piece that we do not have');
        leaves.push(await content.storage.leaves(base + piece));
      }
      const hashes = tree.answer(request, concat(leaves));
      peer.send(hashes === null ? encodeHashReject(request) : encodeHashes(request, hashes));
    } catch {
      peer.send(encodeHashReject(request));
    }
  }

  #fileOf({ piecesRoot }: HashRequest, { metainfo }: Content): FileEntry | undefined {
    this.#byRoot ??= new Map(
      swarmFiles(metainfo.info).flatMap((file) => (file.piecesRoot ? [[toHex(file.piecesRoot), file]] : [])),
    );
    return this.#byRoot.get(toHex(piecesRoot));
  }

  #tree(file: FileEntry, content: Content): HashTree {
    const root = file.piecesRoot as Uint8Array;
    const hex = toHex(root);
    const known = this.#trees.get(hex);
    if (known !== undefined) return known;
    const { pieceLength } = content.geometry;
    const options = { piecesRoot: root, fileLength: file.length, pieceLength, pieceLayer: content.layers.get(hex) };
    const tree = new HashTree(options, this.#port.digests);
    this.#trees.set(hex, tree);
    return tree;
  }
}

/** The file, as the swarm knows it, in which a piece begins. */
function fileOf({ metainfo: { info }, geometry }: Content, piece: PieceIndex): FileEntry {
  return info.seal?.carrier ?? (geometry.files[geometry.fileAt(geometry.pieceOffset(piece))] as FileEntry);
}

/** Leaves and piece hashes of all files, with room for what completes them to whole trees. */
const hashesIn = ({ geometry }: Content): number =>
  2 * (geometry.blocksPerPiece + 1) * geometry.pieceCount + 2 * geometry.files.length;

const keyOf = ({ piecesRoot, baseLayer, index, length, proofLayers }: HashRequest): string =>
  `${toHex(piecesRoot)}/${baseLayer}/${index}/${length}/${proofLayers}`;
