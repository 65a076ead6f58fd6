/** Makes certificates (RFC 5280): of CAs, and of hosts and peers. */
import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import type { UnixSeconds } from '../../base/units.ts';
import { Certificate } from './certificate.ts';
import { certificateError } from './errors.ts';
import type { Host } from './hosts.ts';
import { libraryKey, spkiOf, webCrypto } from './keys.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from './x509-library.ts';

/** A CA that signs. */
export interface Authority {
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

/** `server`: it is connected to; `peer`: it also connects, and shows its certificate then. */
export type Purpose = 'server' | 'peer';
export const purposes: readonly Purpose[] = ['server', 'peer'];

export const purposeOids: Readonly<Record<Purpose, readonly string[]>> = {
  server: [ExtendedKeyUsage.serverAuth],
  peer: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
};

/** What we sign begins so much earlier: clocks of others may be late. Seconds. */
export const BACKDATE = 3600;
const DAY = 86_400;
/** Longest common name; RFC 5280 appendix A.1. */
const LONGEST_COMMON_NAME = 64;

export interface AuthorityOptions {
  readonly key: KeyObject;
  readonly now: UnixSeconds;
  readonly days: number;
  /** The CA above it; without one it is a root. */
  readonly issuer?: Authority;
}

/** A CA, named after its key. One below a root signs no further CAs, so that no chain is longer than three. */
export async function issueAuthority({ key, now, days, issuer }: AuthorityOptions): Promise<Authority> {
  const id = keyIdOf(key);
  const pathLength = issuer === undefined ? 1 : 0;
  const extensions = [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
  const subject = `DST private CA ${id.slice(0, 8)}`;
  return { certificate: await make({ key, subject, extensions, now, days, issuer }), key };
}

export interface CertificateOptions {
  /** Of the one who gets it. */
  readonly key: KeyObject;
  readonly hosts: readonly Host[];
  readonly purpose: Purpose;
  readonly now: UnixSeconds;
  /** It ends earlier when its CA does. */
  readonly days: number;
  /** Without one it signs itself: for those who know its fingerprint. */
  readonly issuer?: Authority;
}

export async function issueCertificate({ hosts, purpose, ...rest }: CertificateOptions): Promise<Certificate> {
  const [first] = hosts;
  const subject = first !== undefined && first.value.length <= LONGEST_COMMON_NAME ? first.value : purpose;
  const extensions = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([...purposeOids[purpose]]),
    ...(hosts.length === 0
      ? []
      : [new SubjectAlternativeNameExtension(hosts.map(({ type, value }) => ({ type, value })))]),
  ];
  return await make({ ...rest, subject, extensions });
}

interface Request {
  readonly key: KeyObject;
  readonly subject: string;
  readonly extensions: readonly Extension[];
  readonly now: UnixSeconds;
  readonly days: number;
  readonly issuer?: Authority | undefined;
}

async function make({ key, subject, extensions, now, days, issuer }: Request): Promise<Certificate> {
  const signer = issuer?.key ?? key;
  const end = Math.min(now + days * DAY, issuer?.certificate.notAfter ?? Number.POSITIVE_INFINITY);
  const name = [{ CN: [subject] }];
  const made = await X509CertificateGenerator.create(
    {
      serialNumber: newSerial(),
      subject: name,
      issuer: issuer === undefined ? name : issuer.certificate.parsed.subjectName,
      notBefore: new Date((now - BACKDATE) * 1000),
      notAfter: new Date(end * 1000),
      publicKey: spkiOf(key),
      signingKey: signingKey(signer),
      extensions: [
        ...extensions,
        new SubjectKeyIdentifierExtension(keyIdOf(key)),
        ...authorityKeyId(issuer === undefined ? keyIdOf(key) : issuer.certificate.keyId),
      ],
    },
    webCrypto,
  );
  return Certificate.decode(new Uint8Array(made.rawData), 'the new certificate');
}

/** 127 random bits (RFC 5280 §4.1.2.2 wants a positive number). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** Throws CERTIFICATE_INVALID for a key that nobody should accept. */
export function signingKey(key: KeyObject): CryptoKey {
  const signing = libraryKey(key);
  if (signing === null)
    throw certificateError('CERTIFICATE_INVALID', 'the key is too weak, or of a kind that does not sign here');
  return signing;
}

/** Names the key that has signed. */
export const authorityKeyId = (keyId: string | null): Extension[] =>
  keyId === null ? [] : [new AuthorityKeyIdentifierExtension(keyId)];

/** Key identifier of RFC 7093 §2, method 4: hexadecimal. */
const keyIdOf = (key: KeyObject): string => createHash('sha256').update(spkiOf(key)).digest('hex').slice(0, 40);
