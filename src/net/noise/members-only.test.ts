import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '../../base/random.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { MemoryNetwork } from '../memory/index.ts';
import type { SwarmSecret } from '../transport.ts';
import { noise } from './noise.ts';

test('Noise for members only says nothing to who cannot be known by a secret', async () => {
  const network = new MemoryNetwork();
  let said = 0;
  const address = { host: '10.0.0.2', port: 6881 };
  await network.transport(address.host).listen(address, (connection) => {
    const data = (): void => {
      said++;
      connection.close();
    };
    connection.open({ data, drain: () => {}, close: () => {} });
  });
  const { dial } = noise({ primitives: nodePrimitives, random: systemRandom, membersOnly: true });
  const off: SwarmSecret = { psk: new Uint8Array(32), transport: 'off' };
  for (const secret of [null, off]) {
    const connection = await network.transport('10.0.0.1').dial(address);
    const dialled = dial(connection, { infoHash: new Uint8Array(20), secret });
    await assert.rejects(dialled, { code: 'NET_PROTECTION_FAILED' });
    connection.close();
  }
  assert.equal(said, 0);
});
