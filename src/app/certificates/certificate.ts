/**
 * A certificate as it was read. OpenSSL and the library must both understand it: the former checks signatures and names,
 * the latter says what the former does not tell.
 */
import { X509Certificate } from 'node:crypto';
import { formatHost, parseHost } from '../../base/address.ts';
import { messageOf } from '../../base/errors.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { spkiFingerprint } from '../../net/tls/index.ts';
import { certificateError } from './errors.ts';
import { type Algorithm, algorithmOf, describeKey, isStrongSignature } from './keys.ts';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as LibraryCertificate,
} from './x509-library.ts';

/** Critical extensions that are obeyed here: basic constraints, key usage, extended key usage, alternative names (RFC 5280 §4.2.1). */
const obeyed: ReadonlySet<string> = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.17']);

export class Certificate {
  readonly native: X509Certificate;
  readonly parsed: LibraryCertificate;
  readonly subject: string;
  /** The same as it is compared. */
  readonly subjectDer: Buffer;
  readonly issuer: string;
  /** Lower-case hexadecimal. */
  readonly serial: string;
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  /** DNS names and IP addresses that it is for. */
  readonly hosts: readonly string[];
  readonly isAuthority: boolean;
  /** Certificates of CAs that may stand between this one and the last; infinite where it does not say. */
  readonly pathLength: number;
  /** `KeyUsageFlags`; null where it does not say. */
  readonly keyUsage: number | null;
  /** Object identifiers of its extended key usages; null where it does not say. */
  readonly purposes: readonly string[] | null;
  /** Identifier of its key, hexadecimal; null where it does not say. */
  readonly keyId: string | null;
  /** Of its key (`spkiFingerprint`). */
  readonly fingerprint: string;
  /** Of its key, for people. */
  readonly keyKind: string;
  /** Why its key, its signature or an extension is not accepted; null: it is. */
  readonly weakness: string | null;

  private constructor(der: Uint8Array<ArrayBuffer>) {
    const native = new X509Certificate(der);
    const parsed = new LibraryCertificate(der);
    if (!native.raw.equals(der)) throw new Error('there is something behind it');
    const extensions = parsed.extensions;
    if (new Set(extensions.map(({ type }) => type)).size < extensions.length)
      throw new Error('an extension is there twice');
    this.native = native;
    this.parsed = parsed;
    this.subject = parsed.subject;
    this.subjectDer = Buffer.from(parsed.subjectName.toArrayBuffer());
    this.issuer = parsed.issuer;
    this.serial = parsed.serialNumber;
    this.notBefore = Math.floor(parsed.notBefore.getTime() / 1000);
    this.notAfter = Math.floor(parsed.notAfter.getTime() / 1000);
    this.hosts = hostsOf(native);
    const constraints = parsed.getExtension(BasicConstraintsExtension);
    this.keyUsage = parsed.getExtension(KeyUsagesExtension)?.usages ?? null;
    this.isAuthority =
      constraints?.ca === true && ((this.keyUsage ?? KeyUsageFlags.keyCertSign) & KeyUsageFlags.keyCertSign) !== 0;
    this.pathLength = constraints?.pathLength ?? Number.POSITIVE_INFINITY;
    this.purposes = parsed.getExtension(ExtendedKeyUsageExtension)?.usages.map(String) ?? null;
    this.keyId = parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId ?? null;
    this.fingerprint = spkiFingerprint(native.publicKey);
    this.keyKind = describeKey(native.publicKey);
    const unknown = extensions.find(({ critical, type }) => critical && !obeyed.has(type));
    if (algorithmOf(native.publicKey) === null) this.weakness = `its key is ${this.keyKind}`;
    else if (!isStrongSignature(parsed.signatureAlgorithm as Algorithm))
      this.weakness = 'its signature is with an algorithm that is not accepted';
    else this.weakness = unknown === undefined ? null : `its critical extension ${unknown.type} is not understood`;
  }

  /** Throws CERTIFICATE_INVALID. `where` is told in the error. */
  static decode(der: Uint8Array<ArrayBuffer>, where: string): Certificate {
    try {
      return new Certificate(der);
    } catch (cause) {
      throw certificateError(
        'CERTIFICATE_INVALID',
        `${where} is no certificate that can be read: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  get pem(): string {
    return this.native.toString();
  }

  /** By name, key identifier and signature; whether the issuer may do that is another question. */
  isIssuedBy(issuer: Certificate): boolean {
    try {
      return this.native.checkIssued(issuer.native) && this.native.verify(issuer.native.publicKey);
    } catch {
      return false; // A key that cannot have made such a signature.
    }
  }
}

/** Of `DNS:a, IP Address:b`, as OpenSSL writes it; what is quoted in it or has another kind is none. */
function hostsOf({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName
    .split(', ')
    .map((name) => /^(?:DNS|IP Address):([0-9A-Za-z.:*_-]+)$/.exec(name)?.[1])
    .filter((host) => host !== undefined)
    .map((host) => {
      const address = parseHost(host);
      return address === null ? host : formatHost(address);
    });
}
