/** What an interface egress needs of the machine, small enough for a test to supply. */
import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { formatHost, parseHost, type PeerAddress } from '../../base/address.ts';
import { scopeOf } from '../../base/address-scope.ts';
import { boundTo, closeSocket, openDeviceSocket, type SocketKind } from './device-socket.ts';
import { routeOf } from './kernel-routes.ts';
import { libc } from './libc.ts';

/** An interface that is up. */
export interface InterfaceState {
  /** Another one when an interface of the same name is made anew: what was bound to the old one is dead. */
  readonly index: number;
  /** In the system's order, canonical, without those that are good on the link alone. */
  readonly addresses: readonly string[];
}

export interface InterfaceSystem {
  /** Null: there is no such interface, or it is down. */
  look(name: string): InterfaceState | null;
  /** The address is this machine's own: nothing that is sent there leaves by the interface. */
  isOwn(host: string): boolean;
  /** `openDeviceSocket`. */
  open(kind: SocketKind, device: string, local: PeerAddress): number;
  /** `boundTo`. */
  boundTo(fd: number): { readonly device: string; readonly source: string };
  close(fd: number): void;
  /** `routeOf`. */
  routeOf(from: string, to: string): string | null;
  /** The name servers that the system asks, `host` or `host:port`. */
  nameServers(): readonly string[];
}

export const nodeInterfaceSystem: InterfaceSystem = {
  look(name) {
    const index = libc().if_nametoindex(name);
    const addresses = networkInterfaces()[name];
    if (index === 0 || addresses === undefined) return null;
    return { index, addresses: addresses.map(({ address }) => canonical(address)).filter(isBeyondLink) };
  },
  isOwn: (host) =>
    scopeOf(host) === 'loopback' ||
    Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => canonical(address) === host)),
  open: openDeviceSocket,
  boundTo,
  close: closeSocket,
  routeOf,
  nameServers: () => new Resolver().getServers(),
};

/** IPv6 text as we compare it, without the zone. */
function canonical(address: string): string {
  const bytes = parseHost(address.replace(/%.*$/, ''));
  return bytes === null ? address : formatHost(bytes);
}

const isBeyondLink = (address: string): boolean => !['link-local', 'unusable'].includes(scopeOf(address));
