/** Door of the Transport port. Each transport has a door of its own. */
export { listenError, netErrors } from './errors.ts';
export type {
  Connection,
  ConnectionHandlers,
  DialOptions,
  Listener,
  ServedSwarms,
  SwarmSecret,
  Transport,
} from './transport.ts';
