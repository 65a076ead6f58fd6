/** Door of the Egress port: from where torrents may send, and who opens their sockets. */
export { addressEgress } from './address-egress.ts';
export { type Egress, familyOf, type IpFamily } from './egress.ts';
export { interfaceEgress, type InterfaceEgress } from './interface-egress.ts';
export { type InterfaceSystem, nodeInterfaceSystem } from './interface-system.ts';
export { connectWeb } from './web-connection.ts';
