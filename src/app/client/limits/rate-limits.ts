/** Sees to it that the engine keeps the limits of the configuration: the usual ones, or the alternative ones in their time. */
import type { Clock } from '../../../base/clock.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { ClientConfig } from '../../config/index.ts';
import type { Engine } from '../engine-port.ts';
import type { EventSink } from '../events/event-history.ts';
import { isScheduled, type LocalTime, parseSchedule } from './schedule.ts';

export interface LimitServices {
  readonly engine: Pick<Engine, 'setLimits' | 'change'>;
  readonly config: () => Pick<ClientConfig, 'limits' | 'peers'>;
  readonly events: EventSink;
  readonly clock: Pick<Clock, 'wall'>;
  /** Default: by the time zone of the machine. */
  readonly localTime?: (at: UnixSeconds) => LocalTime;
}

export class RateLimits {
  readonly #services: LimitServices;
  #isAlternative: boolean | null = null;
  /** What the engine was told last. */
  #rates = '';
  #peers = '';

  constructor(services: LimitServices) {
    this.#services = services;
  }

  get isAlternative(): boolean {
    return this.#isAlternative === true;
  }

  /** When the configuration has changed, and about every ten seconds. */
  apply(): void {
    const { engine, config, events } = this.#services;
    const { limits, peers } = config();
    const isAlternative = this.#isTime(limits);
    const isSwitched = this.#isAlternative !== null && this.#isAlternative !== isAlternative;
    this.#isAlternative = isAlternative;
    const rates = isAlternative
      ? { download: limits.altDownload, upload: limits.altUpload }
      : { download: limits.download, upload: limits.upload };
    if (JSON.stringify(rates) !== this.#rates) engine.setLimits(rates);
    this.#rates = JSON.stringify(rates);
    const { connections: maxConnections, perTorrent: maxConnectionsPerTorrent, uploadSlots } = peers;
    const counts = { maxConnections, maxConnectionsPerTorrent, uploadSlots };
    if (JSON.stringify(counts) !== this.#peers) engine.change(counts);
    this.#peers = JSON.stringify(counts);
    if (!isSwitched) return;
    events.emit('limits.switched', { isAlternative, by: limits.alternative === 'schedule' ? 'schedule' : 'user' });
  }

  #isTime({ alternative, schedule }: ClientConfig['limits']): boolean {
    if (alternative !== 'schedule') return alternative === 'on';
    const { localTime = machineTime, clock } = this.#services;
    return isScheduled(parseSchedule(schedule), localTime(clock.wall()));
  }
}

function machineTime(at: UnixSeconds): LocalTime {
  const date = new Date(at * 1000);
  return { weekday: date.getDay(), minute: 60 * date.getHours() + date.getMinutes() };
}
