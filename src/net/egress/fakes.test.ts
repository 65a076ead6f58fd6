/** Test support: a machine whose interface a test takes away and brings back, and the loopback one as such. */
import { messageOf } from '../../base/errors.ts';
import { netError } from '../errors.ts';
import type { InterfaceState, InterfaceSystem } from './interface-system.ts';
import { nodeInterfaceSystem } from './interface-system.ts';
import { libc } from './libc.ts';

/** Why sockets cannot be bound to an interface here; false: they can. */
export const cannotBind: string | false = ((): string | false => {
  try {
    libc();
    return false;
  } catch (error) {
    return messageOf(error);
  }
})();

/** `wg0` of a machine; its sockets are numbers. */
export class FakeSystem implements InterfaceSystem {
  state: InterfaceState | null = { index: 3, addresses: ['10.8.0.2', '10.8.0.3', 'fd00::2'] };
  /** Addresses that cannot be bound. */
  readonly unusable: Set<string> = new Set();
  servers: readonly string[] = ['10.8.0.1'];
  opened = 0;
  looks = 0;
  routeOf: InterfaceSystem['routeOf'] = () => 'wg0';
  isOwn: InterfaceSystem['isOwn'] = () => false;

  look(): InterfaceState | null {
    this.looks++;
    return this.state;
  }

  open: InterfaceSystem['open'] = (_kind, device, { host }) => {
    if (this.unusable.has(host)) throw netError('NET_LISTEN_FAILED', `${host} cannot be used on ${device}`);
    return ++this.opened;
  };

  boundTo(): { device: string; source: string } {
    return { device: 'wg0', source: '10.8.0.2' };
  }

  close(): void {}

  nameServers(): readonly string[] {
    return this.servers;
  }
}

/** The loopback interface with real sockets; what else is to be known of it, the test says. */
export function loopback(): InterfaceSystem & { state: InterfaceState | null } {
  return {
    ...nodeInterfaceSystem,
    state: { index: 1, addresses: ['127.0.0.1'] },
    look() {
      return this.state;
    },
    routeOf: () => 'lo',
    isOwn: () => false,
  };
}
