/** What the user changes while sessions run: limits, and whom to keep out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Torrent } from '../../src/engine/index.ts';
import { FakePeer } from './fake-peer.ts';
import { Swarm, type SwarmMember } from './swarm.ts';

const KB = 1000;
const MB = 1_000_000;
const PORT = 6881;
const SECOND = 1000;
const MINUTE = 60_000;

const connected = (torrent: Torrent): number => torrent.status().peersConnected;
const hosts = (torrent: Torrent): string[] => torrent.peers().map(({ host }) => host);

/** A seed that serves leechers so slowly that they are there for long. */
async function slowSwarm(
  leechers: number,
  seed = 1,
): Promise<{ swarm: Swarm; member: SwarmMember; others: SwarmMember[] }> {
  const swarm = new Swarm({ seed, torrent: { files: [4 * MB] } });
  const member = await swarm.addSeed({ up: 20 * KB });
  const others = await swarm.addLeechers(leechers, { up: 5 * KB });
  await swarm.clock.until(() => connected(member.torrent) === leechers, MINUTE);
  return { swarm, member, others };
}

describe('hosts that are kept out', () => {
  it('are not dialled, whoever names them', async () => {
    const swarm = new Swarm({ seed: 2 });
    const member = await swarm.addMember();
    const stranger = swarm.network.host('10.9.9.9');
    let dialled = 0;
    await swarm.clock.finish(stranger.transport.listen({ host: '10.9.9.9', port: PORT }, () => dialled++));
    member.session.setFilter(new Set(['10.9.9.9']));
    member.torrent.addPeers([{ host: '10.9.9.9', port: PORT }]);
    await swarm.run(10 * MINUTE);
    assert.equal(dialled, 0);
    member.session.setFilter(new Set());
    member.torrent.addPeers([{ host: '10.9.9.9', port: PORT }]);
    await swarm.run(SECOND);
    assert.equal(dialled, 1);
  });

  it('are not dialled when they were known before, and an attempt under way ends', async () => {
    const swarm = new Swarm({ seed: 3 });
    const member = await swarm.addMember();
    const stranger = swarm.network.host('10.9.9.9');
    swarm.network.partition(member.host, stranger);
    let dialled = 0;
    await swarm.clock.finish(stranger.transport.listen({ host: '10.9.9.9', port: PORT }, () => dialled++));
    member.torrent.addPeers([{ host: '10.9.9.9', port: PORT }]);
    await swarm.run(2 * SECOND);
    member.session.setFilter(new Set(['10.9.9.9']));
    swarm.network.heal(member.host, stranger);
    await swarm.run(10 * MINUTE);
    assert.equal(dialled, 0);
  });

  it('are not accepted: they are not even greeted', async () => {
    const swarm = new Swarm({ seed: 4 });
    const member = await swarm.addSeed();
    member.session.setFilter(new Set(['10.9.9.9']));
    const dial = (host: string): Promise<FakePeer> => {
      const { transport } = swarm.network.host(host);
      return swarm.clock.finish(FakePeer.connect(transport, { host: member.host.address, port: PORT }, swarm.clock));
    };
    const infoHash = swarm.torrent.metainfo.infoHashes.v1 as Uint8Array;
    const stranger = await dial('10.9.9.9');
    stranger.handshake(infoHash);
    await assert.rejects(swarm.clock.finish(stranger.expectHandshake()));
    const other = await dial('10.9.9.8');
    other.handshake(infoHash);
    await swarm.clock.finish(other.expectHandshake());
  });

  it('are disconnected at once, and others stay', async () => {
    const { swarm, member, others } = await slowSwarm(3);
    const [first, ...rest] = others.map(({ host }) => host.address);
    member.session.setFilter(new Set([first as string]));
    assert.deepEqual(hosts(member.torrent).toSorted(), rest.toSorted());
    await swarm.run(10 * MINUTE);
    assert.ok(!hosts(member.torrent).includes(first as string));
  });

  it('may be any number of ranges', async () => {
    const { swarm, member } = await slowSwarm(3);
    member.session.setFilter({ has: (host) => host.startsWith('10.0.0.') });
    assert.equal(connected(member.torrent), 0);
    await swarm.run(SECOND);
    assert.equal(member.session.stats().connections, 0);
  });
});

describe('limits that are changed', () => {
  it('of connections of the session: what is too much ends at once, and what fits again comes back', async () => {
    const { swarm, member } = await slowSwarm(4);
    member.session.change({ maxConnections: 2 });
    assert.equal(connected(member.torrent), 2);
    await swarm.run(MINUTE);
    assert.deepEqual([connected(member.torrent), member.session.stats().connections], [2, 2]);
    member.session.change({ maxConnections: 100 });
    await swarm.clock.until(() => connected(member.torrent) === 4, 2 * MINUTE);
  });

  it('of connections of one torrent, its own before that of the session', async () => {
    const { swarm, member } = await slowSwarm(4);
    member.torrent.setLimits({ maxConnections: 3 });
    assert.equal(connected(member.torrent), 3);
    member.session.change({ maxConnectionsPerTorrent: 1 });
    assert.equal(connected(member.torrent), 3);
    member.torrent.setLimits({ maxConnections: null });
    assert.equal(connected(member.torrent), 1);
    await swarm.run(MINUTE);
    assert.equal(connected(member.torrent), 1);
  });

  it('may be given when a torrent is added', async () => {
    const swarm = new Swarm({ seed: 8, torrent: { files: [4 * MB] } });
    const limits = { maxConnections: 2, ignoresSessionLimits: true };
    const member = await swarm.addSeed({ engine: { uploadLimit: 10 * KB }, torrent: limits });
    await swarm.addLeechers(4);
    await swarm.run(10 * SECOND);
    assert.ok(connected(member.torrent) <= 2);
    assert.ok(member.torrent.status().uploaded > MB, 'the limit of the session does not count');
  });

  it('end strangers before peers', async () => {
    const { swarm, member } = await slowSwarm(2);
    const { transport } = swarm.network.host('10.9.9.9');
    await swarm.clock.finish(FakePeer.connect(transport, { host: member.host.address, port: PORT }, swarm.clock));
    await swarm.run(SECOND);
    assert.equal(member.session.stats().connections, 3);
    member.session.change({ maxConnections: 2 });
    await swarm.run(SECOND);
    assert.deepEqual([connected(member.torrent), member.session.stats().connections], [2, 2]);
  });

  it('of upload slots: the next second has another number of unchoked peers', async () => {
    const { swarm, member } = await slowSwarm(4);
    const unchoked = (): number => member.torrent.peers().filter(({ amChoking }) => !amChoking).length;
    await swarm.clock.until(() => unchoked() === 4, MINUTE);
    member.session.change({ uploadSlots: 1 });
    await swarm.run(1100);
    assert.equal(unchoked(), 1);
    member.session.change({ uploadSlots: 3 });
    await swarm.run(1100);
    assert.equal(unchoked(), 3);
  });

  it('of rates: a torrent may stand apart from those of the session, from one second to the next', async () => {
    const swarm = new Swarm({ seed: 5, torrent: { files: [40 * MB], pieceLength: 262_144 } });
    const member = await swarm.addSeed({ engine: { uploadLimit: 50 * KB } });
    const [leecher] = await swarm.addLeechers(1);
    const received = (): number => leecher?.torrent.status().downloaded ?? 0;
    const inTenSeconds = async (): Promise<number> => {
      const before = received();
      await swarm.run(10 * SECOND);
      return (received() - before) / 10;
    };
    await swarm.run(10 * SECOND);
    const slow = await inTenSeconds();
    assert.ok(slow > 30 * KB && slow < 60 * KB, `${slow} B/s below the limit of the session`);
    member.torrent.setLimits({ ignoresSession: true, upload: 400 * KB });
    const fast = await inTenSeconds();
    assert.ok(fast > 300 * KB && fast < 450 * KB, `${fast} B/s by its own limit`);
    member.torrent.setLimits({ ignoresSession: false });
    await swarm.run(SECOND);
    const again = await inTenSeconds();
    assert.ok(again < 60 * KB, `${again} B/s below the limit of the session again`);
  });
});

it('an upload limit is shared among the peers that are unchoked: none of them waits for another to have enough', async () => {
  const swarm = new Swarm({ seed: 9, torrent: { files: [40 * MB], pieceLength: 262_144 } });
  await swarm.addSeed({ engine: { uploadLimit: 50 * KB } });
  const leechers = await swarm.addLeechers(3);
  for (const one of leechers) {
    for (const other of leechers) if (one !== other) swarm.network.partition(one.host, other.host);
  }
  await swarm.run(2 * MINUTE);
  const received = leechers.map(({ torrent }) => torrent.status().downloaded);
  const [least, most] = [Math.min(...received), Math.max(...received)];
  assert.ok(least > 1.5 * MB && most < 1.1 * least, `${received.join(', ')} bytes of 6 MB`);
});

describe('the figures of a session', () => {
  it('have what all of its torrents moved, also of those that are gone', async () => {
    const swarm = new Swarm({ seed: 6, torrent: { files: [MB] } });
    const seed = await swarm.addSeed({ up: 100 * KB });
    const [leecher] = (await swarm.addLeechers(1)) as [SwarmMember];
    await swarm.run(5 * SECOND);
    const moving = seed.session.stats();
    assert.ok(moving.uploadRate > 50 * KB && moving.uploadRate < 150 * KB, `${moving.uploadRate} B/s`);
    assert.equal(moving.uploadRate, seed.torrent.status().uploadRate);
    assert.equal(leecher.torrent.status().peersSending, 1);
    assert.deepEqual([seed.torrent.status().peersReceiving, seed.torrent.status().peersSending], [1, 0]);
    await swarm.untilComplete({ within: MINUTE });
    await swarm.clock.finish(leecher.session.remove(leecher.torrent));
    assert.ok(leecher.session.stats().downloaded >= MB);
    assert.deepEqual([leecher.session.stats().connections, leecher.session.stats().uploaded], [0, 0]);
    assert.ok(seed.session.stats().uploaded >= MB);
  });

  it('come to rest when nobody is there any more, and when a torrent pauses', async () => {
    const { swarm, member, others } = await slowSwarm(1);
    await swarm.run(10 * SECOND);
    assert.ok(member.torrent.status().uploadRate > 0);
    await swarm.leave(others[0] as SwarmMember);
    await swarm.run(MINUTE);
    assert.deepEqual([member.torrent.status().uploadRate, member.session.stats().uploadRate], [0, 0]);
    const { swarm: second, member: paused } = await slowSwarm(1);
    await second.run(10 * SECOND);
    await second.clock.finish(paused.torrent.life.pause());
    assert.equal(paused.torrent.status().uploadRate, 0);
  });

  it('tell whether anybody has ever reached us', async () => {
    const swarm = new Swarm({ seed: 7 });
    const seed = await swarm.addSeed();
    const { transport } = swarm.network.host('10.9.9.9');
    const dial = (): Promise<FakePeer> =>
      swarm.clock.finish(FakePeer.connect(transport, { host: seed.host.address, port: PORT }, swarm.clock));
    await dial();
    assert.equal(seed.session.stats().hasIncoming, false);
    const peer = await dial();
    peer.handshake(swarm.torrent.metainfo.infoHashes.v1 as Uint8Array);
    await swarm.clock.finish(peer.expectHandshake());
    assert.equal(seed.session.stats().hasIncoming, true);
  });
});

it('peers tell their addresses, their ids, where they come from, and how they stand to us', async () => {
  const { swarm, member, others } = await slowSwarm(1);
  await swarm.run(SECOND);
  const [peer] = member.torrent.peers();
  assert.equal(peer?.host, others[0]?.host.address);
  assert.equal(peer?.address, `${peer?.host}:${peer?.port}`);
  assert.match(peer?.peerId ?? '', /^2d[0-9a-f]{38}$/);
  const [back] = others[0]?.torrent.peers() ?? [];
  const sources = [peer?.source, back?.source].toSorted();
  assert.deepEqual(sources, ['incoming', 'simulated tracker']);
  assert.match(back?.flags ?? '', /^[Dd]/);
});
