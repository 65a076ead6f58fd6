/**
 * What a `.dst` of kind `torrent` holds: the torrent of the carrier, the files of its content and the key that decrypts
 * them, and what its author demands of connections between peers (docs/spec/sealed-torrent.md).
 */
import { concatSecret, toHex, utf8 } from '../../base/bytes.ts';
import type { Digests } from '../../base/digests.ts';
import { type BencodeDict, decodeDict, encode } from '../bencode/index.ts';
import {
  contentKeys,
  decodeMetainfo,
  type Metainfo,
  sealedMetainfo,
  type TorrentPlan,
  type TransportPolicy,
} from '../metainfo/index.ts';
import { wipe } from '../../crypto/primitives.ts';
import { sealedError } from '../sealed/index.ts';

const policies: readonly string[] = ['required', 'prefer', 'off'] satisfies TransportPolicy[];

export interface TorrentContent {
  /** A torrent file: trackers and all, its one file the carrier. */
  readonly torrent: Uint8Array;
  readonly plan: TorrentPlan;
  /** 32 bytes, for this torrent alone. */
  readonly contentKey: Uint8Array;
  readonly transport: TransportPolicy;
}

/**
 * What the carrier is called: it tells nothing of the key, and binds it, so that an info hash stands for one content.
 * Else an author could hand out two keys to one carrier, each of which decrypts it to something else.
 */
export const carrierNameOf = (contentKey: Uint8Array, digests: Digests): string =>
  toHex(derived('dst-torrent.org/v1/carrier', contentKey, digests));

function derived(purpose: string, contentKey: Uint8Array, digests: Digests): Uint8Array {
  const input = concatSecret([utf8(purpose), contentKey]);
  const digest = digests.sha256(input);
  wipe(input);
  return digest;
}

export const encodeTorrentContent = ({ torrent, plan, contentKey, transport }: TorrentContent): Uint8Array =>
  encode({ content: contentKeys(plan), key: contentKey, torrent, transport });

/** The torrent with the files of its content; `info.seal` is set, and nothing of it lies in `bytes`. Throws SEALED_CONTENT, and METAINFO_* and BENCODE_* for its torrent. */
export function decodeTorrentContent(bytes: Uint8Array, digests: Digests): Metainfo {
  const dictionary = decoded(bytes);
  const key = dictionary.bytes('key');
  const torrent = dictionary.bytes('torrent');
  const content = dictionary.dict('content');
  const transport = dictionary.text('transport');
  if (key?.length !== 32 || torrent === null || content === null) throw wrong('lacks its torrent, content or key');
  if (transport === null || !policies.includes(transport)) throw wrong('demands a transport that is not known');
  const carrier = decodeMetainfo(torrent.slice(), digests);
  if (carrier.info.originalName !== carrierNameOf(key, digests)) throw wrong('has the key of another carrier');
  return sealedMetainfo(carrier, content, {
    contentKey: concatSecret([key]),
    peerSecret: derived('dst-torrent.org/v1/peers', key, digests),
    transport: transport as TransportPolicy,
  });
}

function decoded(bytes: Uint8Array): BencodeDict {
  try {
    const dictionary = decodeDict(bytes);
    if (dictionary !== null) return dictionary;
  } catch {
    // Said below: the words of a decoder are of no use to the owner of the file.
  }
  throw wrong('is not a bencoded dictionary');
}

const wrong = (what: string): Error => sealedError('SEALED_CONTENT', `the sealed torrent ${what}`);
