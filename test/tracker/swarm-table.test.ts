/** The table in memory proves itself as a store of swarms. */
import { SwarmRegistry } from '../../src/tracker/index.ts';
import { newMemory, tableOn } from '../../src/tracker/fakes.test.ts';
import { describeSwarmStore } from './swarm-store-compliance.ts';

describeSwarmStore('SwarmTable', (peersPerAddress) => {
  const memory = newMemory();
  const store = tableOn(memory, { peersPerAddress });
  const registry = new SwarmRegistry(memory);
  let tick = 0;
  return Promise.resolve({
    store,
    passed(now) {
      tick = now;
      store.sweep(now);
    },
    settle() {
      registry.settle(registry.takeFinished(), tick);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
