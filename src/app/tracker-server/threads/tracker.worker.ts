/** A thread of the tracker: its sockets, and fronts over the table that all threads share. */
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf, messageOf } from '../../../base/errors.ts';
import type { ControlRequest, ControlResponse } from '../../tracker-api/index.ts';
import { DataPlane, type DataPlaneConfig } from './data-plane.ts';
import type { StoreHealth } from '../redis/redis-swarms.ts';
import type { ThreadOrder, ThreadReport } from './thread-messages.ts';

const waiting = new Map<number, (response: ControlResponse) => void>();
let nextId = 0;
let isOpen = false;
let earlyHealth: StoreHealth | null = null;

const report = (message: ThreadReport): void => parentPort?.postMessage(message);

function ask(request: ControlRequest): Promise<ControlResponse> {
  return new Promise((resolve) => {
    const id = nextId++;
    waiting.set(id, resolve);
    report({ kind: 'control', id, request });
  });
}

/** The first report is that the sockets are open. */
function tellHealth(health: StoreHealth): void {
  if (isOpen) report({ kind: 'health', health });
  else earlyHealth = health;
}

try {
  const plane = await DataPlane.open(workerData as DataPlaneConfig, {
    control: ask,
    relay: (relay) => report({ kind: 'relay', relay }),
    tellHealth: (_thread, health) => tellHealth(health),
    beat: (_thread, beat) => report({ kind: 'beat', beat }),
  });
  parentPort?.on('message', (order: ThreadOrder) => {
    if (order.kind === 'close') void plane[Symbol.asyncDispose]().then(() => process.exit(0));
    else if (order.kind === 'relay') plane.receiveRelay(order.relay);
    else if (order.kind === 'settings') plane.apply(order.settings);
    else {
      waiting.get(order.id)?.(order.response);
      waiting.delete(order.id);
    }
  });
  report({ kind: 'open', listening: plane.listening, tlsListening: plane.tlsListening });
  isOpen = true;
  if (earlyHealth !== null) tellHealth(earlyHealth);
} catch (error) {
  report({ kind: 'failed', error: { code: codeOf(error) ?? '', message: messageOf(error) } });
}
