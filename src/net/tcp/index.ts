export { tcpTransport } from './tcp-transport.ts';
export type { TcpOptions } from './tcp-transport.ts';
