/**
 * A folder with a private CA and what it has issued: `ca.pem` for those who are to trust it, `ca.key`, the revocation
 * list `revoked.pem`, and for each name `NAME.pem` and `NAME.key`. Keys are readable by their owner alone; they have no
 * passphrase, because servers and renewals run without people.
 */
import type { KeyObject } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { utf8 } from '../../base/bytes.ts';
import { codeOf, messageOf } from '../../base/errors.ts';
import type { UnixSeconds } from '../../base/units.ts';
import { makeFolder } from '../../storage/index.ts';
import { OutputFile } from '../output-file/index.ts';
import { keyDirectory } from '../paths/index.ts';
import type { Certificate } from './certificate.ts';
import { certificateError } from './errors.ts';
import { type Host, parseCertificateHost } from './hosts.ts';
import { type Authority, issueAuthority, issueCertificate, type Purpose, purposeOids } from './issue.ts';
import { generateKey, type KeyType } from './keys.ts';
import { readCertificateFile, readCertificateKey, readCertificates } from './read-certificates.ts';
import { issueRevocationList, type RevocationList, type RevokedCertificate } from './revocation-list.ts';

/** Lifetime of a CA, days. */
const AUTHORITY_DAYS = 5 * 365;
const PRIVATE = 0o600;
const DAY = 86_400;

/** The folder of a user's own CA. */
export const authorityDirectory = (): string => join(dirname(keyDirectory()), 'tls');

export const authorityPath = (directory: string): string => join(directory, 'ca.pem');
export const listPath = (directory: string): string => join(directory, 'revoked.pem');
const authorityKeyPath = (directory: string): string => join(directory, 'ca.key');

export interface IssuedPaths {
  readonly certificate: string;
  readonly key: string;
}

const pathsOf = (directory: string, name: string): IssuedPaths => ({
  certificate: join(directory, `${name}.pem`),
  key: join(directory, `${name}.key`),
});

/** A name of files that does not leave the folder, nor is that of the CA's own. */
export const isCertificateName = (name: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name) && !/^(?:ca|revoked)$/i.test(name);

export interface Issued {
  readonly certificate: Certificate;
  readonly paths: IssuedPaths;
  readonly authority: Certificate;
}

export interface InitOptions {
  readonly directory: string;
  /** `isCertificateName`. */
  readonly name: string;
  readonly hosts: readonly Host[];
  readonly purpose: Purpose;
  readonly keyType: KeyType;
  readonly days: number;
  readonly mayReplace: boolean;
  readonly now: UnixSeconds;
}

/** Issues a certificate with a new key; makes the CA first where the folder has none. Rejects CERTIFICATE_*. */
export async function initTls({ directory, name, mayReplace, keyType, now, ...rest }: InitOptions): Promise<Issued> {
  const paths = pathsOf(directory, name);
  for (const path of [paths.key, paths.certificate]) {
    if (!mayReplace && (await isThere(path))) throw exists(path);
  }
  const authority = (await isThere(authorityPath(directory)))
    ? await openAuthority(directory, now)
    : await makeAuthority(directory, keyType, now);
  const key = generateKey(keyType);
  const certificate = await issueCertificate({ ...rest, key, now, issuer: authority });
  await writeKey(paths.key, key, mayReplace);
  await write(paths.certificate, certificate.pem, { mayReplace });
  return { certificate, paths, authority: authority.certificate };
}

/** A key that is there without its certificate is of an attempt that was broken off: it is used. */
async function makeAuthority(directory: string, keyType: KeyType, now: UnixSeconds): Promise<Authority> {
  try {
    makeFolder(directory, 0o700);
  } catch (cause) {
    throw unwritable(directory, cause);
  }
  const keyPath = authorityKeyPath(directory);
  const isBegun = await isThere(keyPath);
  const key = isBegun ? await readCertificateKey(keyPath) : generateKey(keyType);
  const authority = await issueAuthority({ key, now, days: AUTHORITY_DAYS });
  if (!isBegun) await writeKey(keyPath, key, false);
  await writeList(directory, await issueRevocationList(authority, [], 0n, now));
  await write(authorityPath(directory), authority.certificate.pem, { mayReplace: false });
  return authority;
}

export interface RenewOptions {
  readonly directory: string;
  readonly name: string;
  readonly withNewKey: boolean;
  /** Null: as long as the one before. */
  readonly days: number | null;
  readonly now: UnixSeconds;
}

/**
 * Issues the certificate of a name anew, for the same hosts and purpose, and the revocation list as well. One that was
 * revoked gets a new key or nothing. Rejects CERTIFICATE_*.
 */
export async function renewTls({ directory, name, withNewKey, days, now }: RenewOptions): Promise<Issued> {
  const authority = await openAuthority(directory, now);
  const paths = pathsOf(directory, name);
  const [before] = await readCertificates(paths.certificate);
  checkIssuer(before, authority);
  const list = await openList(directory, authority);
  if (!withNewKey && (list?.find(before.serial) ?? null) !== null) {
    throw certificateError('CERTIFICATE_REVOKED', `${paths.certificate} was revoked, and its key with it`);
  }
  const key = withNewKey ? generateKey(keyTypeOf(before)) : await readCertificateKey(paths.key);
  const certificate = await issueCertificate({
    key,
    hosts: before.hosts.map(parseCertificateHost),
    purpose: purposeOids.peer.every((oid) => before.purposes?.includes(oid) === true) ? 'peer' : 'server',
    now,
    days: days ?? Math.round((before.notAfter - before.notBefore) / DAY),
    issuer: authority,
  });
  await writeList(directory, await issueRevocationList(authority, list?.entries ?? [], list?.number ?? 0n, now));
  if (withNewKey) await writeKey(paths.key, key, true);
  await write(paths.certificate, certificate.pem, { mayReplace: true });
  return { certificate, paths, authority: authority.certificate };
}

/**
 * Issues the CA anew, for another five years, also when its time is over. Name and key stay, and with them all that it has
 * issued and every pin; those who connect need the new `ca.pem` before the old one ends. Rejects CERTIFICATE_*.
 */
export async function renewAuthority(directory: string, now: UnixSeconds): Promise<Certificate> {
  const before = await readAuthority(directory);
  const { certificate } = await issueAuthority({ key: before.key, now, days: AUTHORITY_DAYS });
  const path = authorityPath(directory);
  if (!certificate.subjectDer.equals(before.certificate.subjectDer) || certificate.keyId !== before.certificate.keyId) {
    throw certificateError('CERTIFICATE_AUTHORITY', `the CA in ${path} was not made here; renew it where it was`);
  }
  await write(path, certificate.pem, { mayReplace: true });
  return certificate;
}

/** Adds a certificate that this CA has issued to its revocation list. Rejects CERTIFICATE_*. */
export async function revokeCertificate(
  directory: string,
  certificate: Certificate,
  now: UnixSeconds,
): Promise<RevocationList> {
  const authority = await openAuthority(directory, now);
  checkIssuer(certificate, authority);
  const { serial } = certificate;
  const list = await openList(directory, authority);
  const entries: readonly RevokedCertificate[] = list?.entries ?? [];
  const added = entries.some((entry) => entry.serial === serial) ? entries : [...entries, { serial, since: now }];
  const next = await issueRevocationList(authority, added, list?.number ?? 0n, now);
  await writeList(directory, next);
  return next;
}

/** A CA whose time is over issues nothing that anybody would take. */
async function openAuthority(directory: string, now: UnixSeconds): Promise<Authority> {
  const authority = await readAuthority(directory);
  if (now <= authority.certificate.notAfter) return authority;
  throw certificateError(
    'CERTIFICATE_EXPIRED',
    `the time of the CA in ${authorityPath(directory)} is over; \`dst tls renew-ca\` renews it`,
  );
}

async function readAuthority(directory: string): Promise<Authority> {
  const path = authorityPath(directory);
  if (!(await isThere(path))) throw certificateError('CERTIFICATE_AUTHORITY', `there is no CA in ${directory}`);
  const [certificate] = await readCertificates(path);
  const key = await readCertificateKey(authorityKeyPath(directory));
  if (certificate.isAuthority && certificate.native.checkPrivateKey(key)) return { certificate, key };
  throw certificateError('CERTIFICATE_AUTHORITY', `${authorityKeyPath(directory)} is not the key of a CA in ${path}`);
}

/** The list as it is, also one that is out of date: its entries count for ever. Null where there is none. */
async function openList(directory: string, { certificate }: Authority): Promise<RevocationList | null> {
  const path = listPath(directory);
  if (!(await isThere(path))) return null;
  const [list] = (await readCertificateFile(path)).lists;
  if (list === undefined) throw certificateError('CERTIFICATE_INVALID', `${path} is no revocation list`);
  await list.check(certificate, list.thisUpdate);
  return list;
}

function checkIssuer(certificate: Certificate, authority: Authority): void {
  if (certificate.isIssuedBy(authority.certificate)) return;
  const words = `"${certificate.subject}" was not issued by "${authority.certificate.subject}"`;
  throw certificateError('CERTIFICATE_UNTRUSTED', words);
}

function keyTypeOf({ native }: Certificate): KeyType {
  const type = native.publicKey.asymmetricKeyType;
  return type === 'ed25519' || type === 'ml-dsa-65' ? type : 'ecdsa-p256';
}

const writeList = (directory: string, list: RevocationList): Promise<void> =>
  write(listPath(directory), list.pem, { mayReplace: true });

const writeKey = (path: string, key: KeyObject, mayReplace: boolean): Promise<void> =>
  write(path, key.export({ type: 'pkcs8', format: 'pem' }), { mayReplace, mode: PRIVATE });

async function write(
  path: string,
  text: string,
  options: { readonly mayReplace: boolean; readonly mode?: number },
): Promise<void> {
  try {
    await using file = await OutputFile.create(path, options);
    await file.write(utf8(text));
    await file.commit();
  } catch (cause) {
    throw codeOf(cause) === 'EEXIST' ? exists(path, cause) : unwritable(path, cause);
  }
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/** With the cause that the system would give: scripts know it by its exit code. */
const exists = (path: string, cause: unknown = Object.assign(new Error('exists'), { code: 'EEXIST' })): Error =>
  certificateError('CERTIFICATE_EXISTS', `${path} exists already`, { details: { path }, cause });

const unwritable = (path: string, cause: unknown): Error =>
  certificateError('CERTIFICATE_UNWRITABLE', `${path} could not be written: ${messageOf(cause)}`, {
    details: { path },
    cause,
  });
