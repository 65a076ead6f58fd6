/** Reads files of certificates, keys and revocation lists: PEM, or DER of one. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { Certificate } from './certificate.ts';
import { certificateError } from './errors.ts';
import { RevocationList } from './revocation-list.ts';

/** Largest file that is read, and most certificates in one: enough for all roots of a system. */
const LARGEST_FILE: ByteCount = 4 * 1024 * 1024;
const MOST_CERTIFICATES = 1000;

const BLOCK = /-----BEGIN (CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

export interface CertificateFile {
  /** In their order: the one of a host or peer first, then those between it and the root. */
  readonly certificates: readonly Certificate[];
  readonly lists: readonly RevocationList[];
}

/** Rejects CERTIFICATE_UNREADABLE and CERTIFICATE_INVALID. */
export async function readCertificateFile(path: string): Promise<CertificateFile> {
  return decodeCertificates(await readBounded(path), path);
}

/** Certificates alone, one at least. Rejects CERTIFICATE_UNREADABLE and CERTIFICATE_INVALID. */
export async function readCertificates(path: string): Promise<readonly [Certificate, ...Certificate[]]> {
  const [first, ...rest] = (await readCertificateFile(path)).certificates;
  if (first === undefined) throw certificateError('CERTIFICATE_INVALID', `${path} has no certificate in it`);
  return [first, ...rest];
}

/** Throws CERTIFICATE_INVALID. */
export function decodeCertificates(bytes: Uint8Array<ArrayBuffer>, where: string): CertificateFile {
  if (bytes[0] === 0x30) return decodeDer(bytes, where);
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(BLOCK)];
  if (blocks.length === 0)
    throw certificateError('CERTIFICATE_INVALID', `${where} has neither a certificate nor a revocation list in it`);
  if (blocks.length > MOST_CERTIFICATES)
    throw certificateError('CERTIFICATE_INVALID', `${where} has too many certificates in it`);
  const der = (name: string): Uint8Array<ArrayBuffer>[] =>
    blocks
      .filter((block) => block[1] === name)
      .map((block) => new Uint8Array(Buffer.from(block[2] as string, 'base64')));
  return {
    certificates: der('CERTIFICATE').map((one) => Certificate.decode(one, where)),
    lists: der('X509 CRL').map((one) => RevocationList.decode(one, where)),
  };
}

/** What is no certificate may be a list. */
function decodeDer(bytes: Uint8Array<ArrayBuffer>, where: string): CertificateFile {
  try {
    return { certificates: [Certificate.decode(bytes, where)], lists: [] };
  } catch (error) {
    try {
      return { certificates: [], lists: [RevocationList.decode(bytes, where)] };
    } catch {
      throw error;
    }
  }
}

/** Rejects CERTIFICATE_UNREADABLE and CERTIFICATE_INVALID, whose words and cause have nothing of the key. */
export async function readCertificateKey(path: string): Promise<KeyObject> {
  const bytes = Buffer.from(await readBounded(path));
  try {
    return createPrivateKey(bytes);
  } catch {
    throw certificateError('CERTIFICATE_INVALID', `${path} is no private key that can be used`, { details: { path } });
  } finally {
    bytes.fill(0);
  }
}

async function readBounded(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > LARGEST_FILE) throw certificateError('CERTIFICATE_INVALID', `${path} is too large for a certificate`);
    return new Uint8Array(await file.readFile());
  } catch (cause) {
    if (cause instanceof Error && 'category' in cause) throw cause;
    const words = `${path} could not be read: ${messageOf(cause)}`;
    throw certificateError('CERTIFICATE_UNREADABLE', words, { cause, details: { path } });
  }
}
