/** Revocation lists (RFC 5280 §5): the certificates that a CA has taken back, signed by it. */
import { messageOf } from '../../base/errors.ts';
import type { UnixSeconds } from '../../base/units.ts';
import type { Certificate } from './certificate.ts';
import { certificateError } from './errors.ts';
import { type Authority, authorityKeyId, BACKDATE, signingKey } from './issue.ts';
import { libraryKey, webCrypto } from './keys.ts';
import { Extension, KeyUsageFlags, X509Crl, X509CrlGenerator } from './x509-library.ts';

/** CRL number (RFC 5280 §5.2.3). */
const NUMBER = '2.5.29.20';
/** What may be critical in a list or an entry: nothing more than the reason, the rest changes what the list means. */
const KNOWN: ReadonlySet<string> = new Set([NUMBER, '2.5.29.21', '2.5.29.35']);
/** Time until the next list, days: as long as our certificates last, so that renewing them renews it in time. */
const LIST_DAYS = 90;
/** Nodes of ASN.1 in the largest list that is read: several hundred thousand entries. */
const MOST_NODES = 2_000_000;

export interface RevokedCertificate {
  /** Lower-case hexadecimal. */
  readonly serial: string;
  readonly since: UnixSeconds;
}

export class RevocationList {
  readonly #parsed: X509Crl;
  readonly issuer: string;
  readonly #issuerDer: Buffer;
  readonly number: bigint;
  readonly thisUpdate: UnixSeconds;
  readonly nextUpdate: UnixSeconds;
  readonly entries: readonly RevokedCertificate[];
  readonly #hasUnknown: boolean;

  private constructor(der: Uint8Array<ArrayBuffer>) {
    this.#parsed = new X509Crl(der, { berOptions: { maxNodes: MOST_NODES } });
    const { issuer, issuerName, thisUpdate, nextUpdate, entries, extensions } = this.#parsed;
    if (nextUpdate === undefined) throw new Error('it does not say when the next one comes');
    this.issuer = issuer;
    this.#issuerDer = Buffer.from(issuerName.toArrayBuffer());
    this.number = readNumber(extensions.find(({ type }) => type === NUMBER)?.value);
    this.thisUpdate = Math.floor(thisUpdate.getTime() / 1000);
    this.nextUpdate = Math.floor(nextUpdate.getTime() / 1000);
    this.entries = entries.map(({ serialNumber, revocationDate }) => ({
      serial: serialNumber,
      since: Math.floor(revocationDate.getTime() / 1000),
    }));
    const all = [extensions, ...entries.map((entry) => entry.extensions)].flat();
    this.#hasUnknown = all.some(({ critical, type }) => critical && !KNOWN.has(type));
  }

  /** Throws CERTIFICATE_INVALID. `where` is told in the error. */
  static decode(der: Uint8Array<ArrayBuffer>, where: string): RevocationList {
    try {
      return new RevocationList(der);
    } catch (cause) {
      const words = `${where} is no revocation list that can be read: ${messageOf(cause)}`;
      throw certificateError('CERTIFICATE_INVALID', words, { cause });
    }
  }

  /** With the label of RFC 7468 §7, which the library does not use. */
  get pem(): string {
    const lines = this.#parsed.toString('base64').match(/.{1,64}/g) ?? [];
    return ['-----BEGIN X509 CRL-----', ...lines, '-----END X509 CRL-----', ''].join('\n');
  }

  /** By name. */
  isOf(issuer: Certificate): boolean {
    return issuer.subjectDer.equals(this.#issuerDer);
  }

  /** Rejects CERTIFICATE_LIST when it does not count: not signed by this CA, of another time, or not understood. */
  async check(issuer: Certificate, now: UnixSeconds): Promise<void> {
    const problem = await this.#problem(issuer, now);
    if (problem === null) return;
    throw certificateError('CERTIFICATE_LIST', `the revocation list of "${this.issuer}" ${problem}`, {
      details: { issuer: this.issuer, nextUpdate: this.nextUpdate },
    });
  }

  async #problem(issuer: Certificate, now: UnixSeconds): Promise<string | null> {
    if (!(await this.#isSignedBy(issuer))) return `is not signed by "${issuer.subject}"`;
    if (this.#hasUnknown) return 'has a critical extension that is not understood';
    if (now < this.thisUpdate) return `begins only on ${dateOf(this.thisUpdate)}`;
    return now > this.nextUpdate ? `was good until ${dateOf(this.nextUpdate)}` : null;
  }

  async #isSignedBy({ native, keyUsage, isAuthority }: Certificate): Promise<boolean> {
    const publicKey = libraryKey(native.publicKey);
    const maySign = isAuthority && ((keyUsage ?? KeyUsageFlags.cRLSign) & KeyUsageFlags.cRLSign) !== 0;
    if (publicKey === null || !maySign) return false;
    return await this.#parsed.verify({ publicKey }, webCrypto).catch(() => false);
  }

  /** When it was revoked; null: it was not. */
  find(serial: string): UnixSeconds | null {
    return this.entries.find((entry) => entry.serial === serial)?.since ?? null;
  }
}

/** A list with these entries, to follow one with the number before. */
export async function issueRevocationList(
  { certificate, key }: Authority,
  entries: readonly RevokedCertificate[],
  before: bigint,
  now: UnixSeconds,
): Promise<RevocationList> {
  const signing = signingKey(key);
  const list = await X509CrlGenerator.create(
    {
      issuer: certificate.parsed.subjectName,
      thisUpdate: new Date((now - BACKDATE) * 1000),
      nextUpdate: new Date((now + LIST_DAYS * 86_400) * 1000),
      entries: entries.map(({ serial, since }) => ({ serialNumber: serial, revocationDate: new Date(since * 1000) })),
      extensions: [...authorityKeyId(certificate.keyId), new Extension(NUMBER, false, writeNumber(before + 1n))],
      signingAlgorithm: signing.algorithm,
      signingKey: signing,
    },
    webCrypto,
  );
  return RevocationList.decode(new Uint8Array(list.rawData), 'the new revocation list');
}

const dateOf = (time: UnixSeconds): string => new Date(time * 1000).toISOString().slice(0, 10);

/** A positive INTEGER of DER. */
function writeNumber(number: bigint): Uint8Array {
  const hex = number.toString(16);
  const bytes = Buffer.from(`00${hex.length % 2 === 0 ? '' : '0'}${hex}`, 'hex');
  const value = (bytes[1] as number) < 0x80 ? bytes.subarray(1) : bytes;
  return Buffer.concat([Uint8Array.of(2, value.length), value]);
}

/** Zero where there is none. */
const readNumber = (der: ArrayBuffer | undefined): bigint =>
  der === undefined || der.byteLength < 3 ? 0n : BigInt(`0x${Buffer.from(der).subarray(2).toString('hex')}`);
