import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../transport.ts';
import { MemoryNetwork } from '../memory/index.ts';
import { FilterInForce, filteredTransport } from './index.ts';

test('a transport takes nobody from hosts that are kept out at the moment', async () => {
  const network = new MemoryNetwork();
  const filter = new FilterInForce();
  const accepted: string[] = [];
  const address = { host: '10.0.0.1', port: 6881 };
  await filteredTransport(network.transport(address.host), filter).listen(address, ({ remote }) => {
    accepted.push(remote.host);
  });
  const dial = (host: string): Promise<Connection> => network.transport(host).dial(address);
  await dial('10.0.0.2');
  filter.current = new Set(['10.0.0.2']);
  const closed = Promise.withResolvers<Error | null>();
  (await dial('10.0.0.2')).open({ data: () => {}, drain: () => {}, close: closed.resolve });
  assert.equal(await closed.promise, null);
  await dial('10.0.0.3');
  filter.current = new Set();
  await dial('10.0.0.2');
  assert.deepEqual(accepted, ['10.0.0.2', '10.0.0.3', '10.0.0.2']);
});
