import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PeerAddress } from '../../../base/address.ts';
import { newestPeers, sortedOut } from './given-peers.ts';

const peer = (last: number, port = 1): PeerAddress => ({ host: `192.0.2.${last}`, port });

describe('peers given by hand', () => {
  test('are sorted out by their hosts', () => {
    const refusalOf = (host: string): string | null => (host === '192.0.2.2' ? 'a reason' : null);
    assert.deepEqual(sortedOut([peer(1), peer(2), peer(3), peer(2, 2)], refusalOf), {
      taken: [peer(1), peer(3)],
      refused: [
        { address: peer(2), reason: 'a reason' },
        { address: peer(2, 2), reason: 'a reason' },
      ],
    });
  });

  test('are kept once each, the 64 newest', () => {
    assert.deepEqual(newestPeers([peer(1), peer(2), peer(1, 2), peer(1)]), [peer(2), peer(1, 2), peer(1)]);
    const many = Array.from({ length: 100 }, (_, i) => peer(i));
    assert.deepEqual(newestPeers(many), many.slice(36));
  });
});
