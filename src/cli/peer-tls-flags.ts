/** Flags by which `download` and `seed` speak only with peers whose keys are known, over TLS (docs/tls.md). */
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { SessionOptions } from '../app/index.ts';
import { values } from './command.ts';
import { cliError } from './errors.ts';

export interface PeerTlsFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsPin?: string[];
}

export function addPeerTlsFlags(command: Command): void {
  command
    .option('--tls-cert <file>', 'own certificate: speak only with peers whose keys are pinned, over TLS 1.3')
    .option('--tls-key <file>', 'its private key')
    .option('--tls-pin <pin>', 'fingerprint or certificate file of such a peer; may be repeated', values(String));
}

/** Rejects USAGE and CERTIFICATE_*; the session judges the rest. */
export async function peerTlsOptions(flags: PeerTlsFlags): Promise<Pick<SessionOptions, 'tls'>> {
  const { tlsCert, tlsKey, tlsPin } = flags;
  if (tlsCert === undefined && tlsKey === undefined && tlsPin === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined || tlsPin === undefined) {
    throw cliError('USAGE', '--tls-cert, --tls-key and --tls-pin belong together');
  }
  const { parsePin, readCertificateKey, readCertificates } = await import('../app/certificates/index.ts');
  const pinOf = async (text: string): Promise<string> => {
    if (parsePin(text) !== null || (await stat(text).catch(() => null)) === null) return text;
    return (await readCertificates(text))[0].fingerprint;
  };
  const [certificate] = await readCertificates(tlsCert);
  const key = await readCertificateKey(tlsKey);
  const pins = await Promise.all(tlsPin.map(pinOf));
  return { tls: { cert: certificate.pem, key: key.export({ type: 'pkcs8', format: 'pem' }), pins } };
}
