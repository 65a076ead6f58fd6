/** Ports and interfaces that the configuration names. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { addressKey } from '../../base/address.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { Millis } from '../../base/units.ts';
import type { ClientConfig } from '../config/index.ts';
import { type Check, ok, problem } from './check.ts';

/** For a connection within the machine. */
const PATIENCE: Millis = 3000;

type Ports = Pick<ClientConfig, 'api' | 'peers'>;

/** Ports that a daemon which does not run will want. */
export async function checkFreePorts({ api, peers }: Ports): Promise<readonly Check[]> {
  const wanted = [
    ...api.bind.map((host) => ({ what: 'the API', key: 'api.port', host, port: api.port })),
    ...(peers.bind.length === 0 ? ['::'] : peers.bind).map((host) => ({
      what: 'peers',
      key: 'peers.port',
      host,
      port: peers.port,
    })),
  ];
  const checks: Check[] = [];
  for (const { what, key, host, port } of wanted) {
    if (port === 0) continue;
    const error = await listenError(host, port);
    const place = addressKey({ host, port });
    checks.push(error === null ? ok('network', `${place} is free for ${what}`) : refused(error, what, key, place));
  }
  return checks;
}

function refused(error: Error, what: string, key: string, place: string): Check {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return problem(
      'network',
      `another program has ${place}, which is for ${what}`,
      `End it, or choose another ${key}.`,
    );
  }
  if (code === 'EACCES') {
    return problem('network', `${place} is only for the superuser`, `Choose a port from 1024 on as ${key}.`);
  }
  const advice =
    code === 'EADDRNOTAVAIL'
      ? 'This machine has no such address: correct what is to be bound to.'
      : 'Look at the network of this machine.';
  return problem('network', `nothing can listen at ${place} for ${what}: ${messageOf(error)}`, advice);
}

async function listenError(host: string, port: number): Promise<Error | null> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return null;
  } catch (error) {
    // Where there is no IPv6 all addresses are those of IPv4.
    if (host === '::' && codeOf(error) === 'EAFNOSUPPORT') return await listenError('0.0.0.0', port);
    return error as Error;
  } finally {
    server.close();
  }
}

/** Whether the API of a running daemon can be reached where it should. */
export async function checkApi({ api }: Ports): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const bound of api.port === 0 ? [] : api.bind) {
    const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[bound] ?? bound;
    const place = addressKey({ host, port: api.port });
    const error = await connectError(host, api.port);
    checks.push(
      error === null
        ? ok('network', `the API answers at ${place}`)
        : problem(
            'network',
            `the API does not answer at ${place}: ${messageOf(error)}`,
            'Start the daemon again if api.bind or api.port was changed; else look at its log and at the firewall.',
          ),
    );
  }
  return checks;
}

async function connectError(host: string, port: number): Promise<Error | null> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE) });
    return null;
  } catch (error) {
    return error as Error;
  } finally {
    socket.destroy();
  }
}

export function checkInterface({ peers }: Pick<ClientConfig, 'peers'>): readonly Check[] {
  const name = peers.interface;
  if (name === null) return [];
  const addresses = networkInterfaces()[name] ?? [];
  if (addresses.length > 0)
    return [ok('network', `the interface ${name} is there; \`dst leaktest\` shows what leaves by it`)];
  return [
    problem(
      'network',
      `the interface ${name}, by which torrents are to go, is not there or has no address: nothing of them is sent`,
      'Start the VPN that has it, or correct peers.interface.',
    ),
  ];
}
