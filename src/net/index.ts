/** Door of the Transport port. Each transport has a door of its own. */
export { withAnyPort } from './any-port.ts';
export { listenError, netErrors } from './errors.ts';
export type {
  Connection,
  ConnectionHandlers,
  DialOptions,
  Listener,
  PeerIdentity,
  ServedSwarms,
  SwarmSecret,
  Transport,
} from './transport.ts';
