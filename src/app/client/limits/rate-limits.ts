/**
 * Sees to it that the engine keeps the limits of the configuration, the usual ones or the alternative ones. These have a
 * switch. The user turns it at any time, and a schedule that is followed when it begins, when its times change, and
 * whenever a time of it begins or is over; between those it stays as the user has left it.
 */
import type { Clock } from '../../../base/clock.ts';
import type { UnixSeconds } from '../../../base/units.ts';
import type { ClientConfig } from '../../config/index.ts';
import type { Engine } from '../engine-port.ts';
import type { EventSink } from '../events/event-history.ts';
import type { SettingsChange } from '../settings.ts';
import { isScheduled, type LocalTime, parseSchedule } from './schedule.ts';

export interface LimitServices {
  readonly engine: Pick<Engine, 'setLimits' | 'change'>;
  readonly config: () => Pick<ClientConfig, 'limits' | 'peers'>;
  readonly events: EventSink;
  readonly clock: Pick<Clock, 'wall'>;
  /** Default: by the time zone of the machine. */
  readonly localTime?: (at: UnixSeconds) => LocalTime;
}

type Switcher = 'user' | 'schedule';
type SettingValues = Readonly<Record<string, unknown>>;

const SWITCH = 'limits.alternative';
const FOLLOW = 'limits.followSchedule';

export class RateLimits {
  readonly #services: LimitServices;
  #isAlternative: boolean | null = null;
  /** The user's word in the configuration, as it was last. */
  #word = false;
  /** The schedule that is followed and whether it is its time, as it was last. Empty: none is. */
  #schedule = '';
  /** What the engine was told last. */
  #rates = '';
  #peers = '';

  constructor(services: LimitServices) {
    this.#services = services;
  }

  get isAlternative(): boolean {
    return this.#isAlternative === true;
  }

  /** Changes of the configuration that a user asks for, and with them that the switch stays when its schedule ends. */
  withSwitch(values: SettingValues): SettingValues {
    const { alternative, followSchedule } = this.#services.config().limits;
    const isEnd = followSchedule && FOLLOW in values && values[FOLLOW] !== true;
    return isEnd && !(SWITCH in values) && alternative !== this.isAlternative
      ? { ...values, [SWITCH]: this.isAlternative }
      : values;
  }

  /**
   * After these changes. The user's word counts also when the configuration has had it all along; that of a schedule
   * which came with it counts more.
   */
  changed(values: SettingValues, { changed }: SettingsChange): void {
    if (!(SWITCH in values) || changed.includes(FOLLOW) || changed.includes('limits.schedule')) return;
    this.#switchTo(this.#services.config().limits.alternative, 'user');
  }

  /** When the configuration has changed, and about every ten seconds. */
  apply(): void {
    const { engine, config } = this.#services;
    const { limits, peers } = config();
    this.#switchTo(...this.#decide(limits));
    const { connections: maxConnections, perTorrent: maxConnectionsPerTorrent, uploadSlots } = peers;
    const counts = { maxConnections, maxConnectionsPerTorrent, uploadSlots };
    if (JSON.stringify(counts) !== this.#peers) engine.change(counts);
    this.#peers = JSON.stringify(counts);
  }

  #decide({ alternative, followSchedule, schedule }: ClientConfig['limits']): [isAlternative: boolean, by: Switcher] {
    const { localTime = machineTime, clock } = this.#services;
    const isTime = isScheduled(parseSchedule(schedule), localTime(clock.wall()));
    const now = followSchedule ? JSON.stringify([isTime, schedule]) : '';
    const isDue = followSchedule && now !== this.#schedule;
    const isNewWord = alternative !== this.#word;
    this.#schedule = now;
    this.#word = alternative;
    if (isDue) return [isTime, 'schedule'];
    return [followSchedule && !isNewWord ? this.isAlternative : alternative, 'user'];
  }

  #switchTo(isAlternative: boolean, by: Switcher): void {
    const { engine, config, events } = this.#services;
    const { limits } = config();
    const isSwitched = this.#isAlternative !== null && this.#isAlternative !== isAlternative;
    this.#isAlternative = isAlternative;
    const rates = isAlternative
      ? { download: limits.altDownload, upload: limits.altUpload }
      : { download: limits.download, upload: limits.upload };
    if (JSON.stringify(rates) !== this.#rates) engine.setLimits(rates);
    this.#rates = JSON.stringify(rates);
    if (isSwitched) events.emit('limits.switched', { isAlternative, by });
  }
}

function machineTime(at: UnixSeconds): LocalTime {
  const date = new Date(at * 1000);
  return { weekday: date.getDay(), minute: 60 * date.getHours() + date.getMinutes() };
}
