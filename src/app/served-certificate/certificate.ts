/** The certificate of the tracker and its private key, as they lie in two files. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { codeOf, type DstError, messageOf } from '../../base/errors.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { certificateError } from './errors.ts';

/** PEM: the certificate with its chain, the certificate of this host first; and the key without a passphrase. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Reads a pair that can be used; rejects TLS_UNREADABLE, TLS_INVALID or TLS_MISMATCH. One that has expired is read. */
export async function readCertificate(certPath: string, keyPath: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([readText(certPath), readText(keyPath)]);
  const leaf = parse(certPath, () => new X509Certificate(cert));
  const privateKey: KeyObject = parse(keyPath, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) {
    throw certificateError('TLS_MISMATCH', `the key in ${keyPath} does not belong to the certificate in ${certPath}`, {
      details: { cert: certPath, key: keyPath },
    });
  }
  parse(certPath, () => createSecureContext({ cert, key })); // it has more to say, on the chain and on weak keys
  return { cert, key };
}

/** End of the time in which clients accept a certificate. */
export function expiresAt({ cert }: Certificate): UnixSeconds {
  return Math.floor(new X509Certificate(cert).validToDate.getTime() / 1000);
}

/** TLS_EXPIRED when clients refuse the certificate by now, else null. It is served all the same: some do not look. */
export function expiryOf(certificate: Certificate, now: UnixSeconds): DstError | null {
  const end = expiresAt(certificate);
  if (now <= end) return null;
  const day = new Date(end * 1000).toISOString().slice(0, 10);
  return certificateError('TLS_EXPIRED', `the certificate has expired on ${day}`, { details: { expiresAt: end } });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw certificateError('TLS_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}`, {
      details: { path, reason: codeOf(cause) },
      cause,
    });
  }
}

function parse<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw certificateError('TLS_INVALID', `${path} cannot be used: ${messageOf(cause)}`, {
      details: { path, reason: codeOf(cause) },
      cause,
    });
  }
}
