/** The near end of a tracker thread. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PeerAddress } from '../../../base/address.ts';
import { systemClock } from '../../../base/clock.ts';
import { DstError } from '../../../base/errors.ts';
import type { Millis } from '../../../base/units.ts';
import { netErrors } from '../../../net/index.ts';
import type { WebRelay } from '../../../tracker/index.ts';
import type { ControlResponse } from '../../tracker-api/index.ts';
import type { Answering, DataPlaneConfig, DataPlaneOwner } from './data-plane.ts';
import type { ThreadSettings } from './thread-settings.ts';
import type { ThreadOrder, ThreadReport } from './thread-messages.ts';

/** The thread's module: beside this one as `.ts` in the source tree, as `.js` in the published package. */
const url = new URL(`./tracker.worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** A small nursery: short pauses (app/runtime). */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

const notAnswered: ControlResponse = { status: 500, headers: {}, body: '' };

/** Time for a thread to answer what is under way and end; one that hangs is ended then. */
const END_TIME: Millis = 5000;

export class TrackerThread implements Answering {
  readonly listening: readonly PeerAddress[];
  readonly tlsListening: readonly PeerAddress[];
  readonly #worker: Worker;

  private constructor(worker: Worker, { listening, tlsListening }: Extract<ThreadReport, { kind: 'open' }>) {
    this.#worker = worker;
    this.listening = listening;
    this.tlsListening = tlsListening;
  }

  /** Starts a thread; rejects NET_PORT_IN_USE or NET_LISTEN_FAILED when it cannot listen. `onLost`: it ended by itself. */
  static async start(config: DataPlaneConfig, owner: DataPlaneOwner, onLost: () => void): Promise<TrackerThread> {
    const worker = new Worker(url, { name: 'tracker', workerData: config, resourceLimits });
    const [report] = (await once(worker, 'message')) as [ThreadReport];
    if (report.kind !== 'open') throw failure(report);
    worker.on('message', (message: ThreadReport) => {
      if (message.kind === 'relay') owner.relay(message.relay);
      if (message.kind === 'beat') owner.beat(config.thread, message.beat);
      if (message.kind === 'health') owner.tellHealth(config.thread, message.health);
      if (message.kind !== 'control') return;
      const answer = (response: ControlResponse): void =>
        worker.postMessage({ kind: 'control', id: message.id, response } satisfies ThreadOrder);
      owner.control(message.request).then(answer, () => answer(notAnswered));
    });
    worker.on('error', () => {}); // its end follows
    worker.on('exit', (code) => {
      if (code !== 0) onLost();
    });
    return new TrackerThread(worker, report);
  }

  apply(settings: ThreadSettings): void {
    this.#worker.postMessage({ kind: 'settings', settings } satisfies ThreadOrder);
  }

  receiveRelay(relay: WebRelay): void {
    this.#worker.postMessage({ kind: 'relay', relay } satisfies ThreadOrder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const hasEnded = once(this.#worker, 'exit');
    this.#worker.postMessage({ kind: 'close' } satisfies ThreadOrder);
    using _deadline = systemClock.after(END_TIME, () => void this.#worker.terminate());
    await hasEnded;
  }
}

function failure(report: ThreadReport): DstError {
  const { code, message } =
    report.kind === 'failed' ? report.error : { code: '', message: 'the thread did not open its sockets' };
  const known = code === 'NET_PORT_IN_USE' ? code : 'NET_LISTEN_FAILED';
  return new DstError(known, netErrors[known], message);
}
