/** Peers of a sealed torrent on the stage: who comes, and who is dialled, over which connections. */
import { seededRandom } from '../../src/base/random.ts';
import type { TransportPolicy } from '../../src/codec/metainfo/index.ts';
import type { DialOptions, SwarmSecret, Transport } from '../../src/net/index.ts';
import type { PeerIdentities } from '../../src/net/noise/index.ts';
import type { EncryptionPolicy } from '../../src/net/protection/index.ts';
import { encryptedTransport } from '../sim/encrypted-transport.ts';
import { FakePeer } from '../sim/fake-peer.ts';
import type { SimHost } from '../sim/sim-network.ts';
import type { Stage, StageOptions } from './engine-stage.ts';

export const sealed = (transport: TransportPolicy): StageOptions => ({
  content: { files: [100_000], sealed: transport },
  has: 'everything',
  encryption: 'prefer',
  engine: { takesSecure: true, prefersEncryption: true },
});

/** What those know who can read the torrent of a stage. */
export const secretOf = ({ content }: Stage): SwarmSecret => {
  const { seal } = content.metainfo.info;
  return { psk: seal?.peerSecret as Uint8Array, transport: 'required' };
};

export const over = (stage: Stage, from: SimHost, policy: EncryptionPolicy, identities?: PeerIdentities): Transport =>
  encryptedTransport(from.transport, policy, { clock: stage.clock, random: seededRandom(4), identities });

/** A scripted peer that comes as it is told to, and greets for the torrent of `stage`. */
export async function comes(
  stage: Stage,
  policy: EncryptionPolicy,
  { identities, ...options }: DialOptions & { readonly identities?: PeerIdentities },
  name = 'one',
): Promise<FakePeer> {
  const transport = over(stage, stage.host(), policy, identities);
  const dial: Transport['dial'] = (address) => transport.dial(address, options);
  const peer = await FakePeer.connect({ ...transport, dial }, stage.address, stage.clock);
  peer.handshake(stage.infoHash, { fast: true, extended: true }, name);
  return peer;
}

/** A peer with the secret that listens, and the connections that it was dialled with. */
export async function listens(
  stage: Stage,
  transport: SwarmSecret['transport'],
  host: SimHost = stage.host(),
  identities?: PeerIdentities,
): ReturnType<typeof FakePeer.listen> {
  const secured = over(stage, host, 'prefer', identities);
  const secret = { ...secretOf(stage), transport };
  const swarms = { revision: 0, infoHashes: () => [stage.infoHash], secretOf: () => secret };
  const listen: Transport['listen'] = (address, use) => secured.listen(address, use, swarms);
  return FakePeer.listen({ ...secured, listen }, { host: host.address, port: 6881 }, stage.clock);
}
