/**
 * Whether a certificate is to be trusted: a chain to a CA that is known, of three certificates at the most (RFC 5280 §6
 * with what our own CAs use: no policies, no name constraints), or a key that is known, or both.
 */
import type { UnixSeconds } from '../../base/units.ts';
import { pinError } from '../../net/tls/index.ts';
import type { Certificate } from './certificate.ts';
import { certificateError } from './errors.ts';
import type { Host } from './hosts.ts';
import { type Purpose, purposeOids } from './issue.ts';
import type { RevocationList } from './revocation-list.ts';
import { KeyUsageFlags } from './x509-library.ts';

export interface VerifyOptions {
  /** CAs that are trusted. Empty: the pins alone decide. */
  readonly roots: readonly Certificate[];
  /** What came with the certificate, to be trusted in nothing. */
  readonly intermediates: readonly Certificate[];
  /** Empty: whether something was revoked is not asked. */
  readonly lists: readonly RevocationList[];
  /** Fingerprints, of which its key must have one. Empty: any key will do that a root vouches for. */
  readonly pins: readonly string[];
  /** It must be for each of them. */
  readonly hosts: readonly Host[];
  readonly purpose: Purpose;
  readonly now: UnixSeconds;
}

/** Certificates in a chain, that of the host and that of the root among them. */
const LONGEST_CHAIN = 3;
/** So far a chain is looked for, to say that it is too long. */
const LONGEST_SEARCH = 8;
/** Of what came with the certificate; more is not looked at. */
const MOST_INTERMEDIATES = 16;

/**
 * The chain, from the certificate to the root; without roots the certificate alone. Rejects CERTIFICATE_UNTRUSTED,
 * CERTIFICATE_DEPTH, CERTIFICATE_WEAK, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID, CERTIFICATE_LIST,
 * CERTIFICATE_REVOKED, CERTIFICATE_PURPOSE, CERTIFICATE_NAME and PIN_MISMATCH.
 */
export async function verifyCertificate(leaf: Certificate, options: VerifyOptions): Promise<readonly Certificate[]> {
  checkPin(leaf, options.pins);
  const chain = options.roots.length === 0 && options.pins.length > 0 ? [leaf] : chainOf(leaf, options);
  checkAuthorities(chain);
  for (const certificate of chain) checkItself(certificate, options.now);
  if (options.lists.length > 0) await checkRevocation(chain, options);
  checkPurpose(chain, options.purpose);
  for (const host of options.hosts) checkHost(leaf, host);
  return chain;
}

function checkPin(leaf: Certificate, pins: readonly string[]): void {
  if (pins.length === 0 || pins.includes(leaf.fingerprint)) return;
  const words = `the certificate of "${leaf.subject}" has the key ${leaf.fingerprint}`;
  throw pinError('PIN_MISMATCH', words, { details: { fingerprint: leaf.fingerprint, expected: pins } });
}

/** The shortest chain. */
function chainOf(leaf: Certificate, { roots, intermediates }: VerifyOptions): readonly Certificate[] {
  const issuers = [...roots, ...intermediates.slice(0, MOST_INTERMEDIATES)];
  const isRoot = (one: Certificate): boolean => roots.some((root) => root.native.raw.equals(one.native.raw));
  const reached = new Set([leaf]);
  let chains: (readonly [...Certificate[], Certificate])[] = [[leaf]];
  for (let length = 1; length <= LONGEST_SEARCH; length++) {
    const found = chains.find((chain) => isRoot(lastOf(chain)));
    if (found !== undefined && length <= LONGEST_CHAIN) return found;
    if (found !== undefined) {
      throw certificateError(
        'CERTIFICATE_DEPTH',
        `the chain has ${length} certificates, ${LONGEST_CHAIN} are the most`,
      );
    }
    chains = chains.flatMap((chain) => {
      const next = issuers.filter((issuer) => !reached.has(issuer) && lastOf(chain).isIssuedBy(issuer));
      for (const issuer of next) reached.add(issuer);
      return next.map((issuer) => [...chain, issuer] as const);
    });
  }
  const words = `no chain leads from "${leaf.subject}", issued by "${leaf.issuer}", to a CA that is trusted`;
  throw certificateError('CERTIFICATE_UNTRUSTED', words, { details: { subject: leaf.subject, issuer: leaf.issuer } });
}

const lastOf = (chain: readonly [...Certificate[], Certificate]): Certificate => chain.at(-1) as Certificate;

/** All but the first sign certificates: they must be allowed to, with as many below them. */
function checkAuthorities(chain: readonly Certificate[]): void {
  for (const [below, { isAuthority, pathLength, subject }] of chain.slice(1).entries()) {
    if (!isAuthority)
      throw certificateError('CERTIFICATE_PURPOSE', `"${subject}" is no CA and has signed a certificate`);
    if (below > pathLength) {
      throw certificateError(
        'CERTIFICATE_DEPTH',
        `"${subject}" allows ${pathLength} CAs below it, and there are ${below}`,
      );
    }
  }
}

function checkItself({ subject, weakness, notBefore, notAfter }: Certificate, now: UnixSeconds): void {
  const details = { subject, notBefore, notAfter };
  const name = `the certificate of "${subject}"`;
  if (weakness !== null)
    throw certificateError('CERTIFICATE_WEAK', `${name} is not accepted: ${weakness}`, { details });
  if (now < notBefore) {
    throw certificateError('CERTIFICATE_NOT_YET_VALID', `${name} is good only from ${timeOf(notBefore)} on`, {
      details,
    });
  }
  if (now > notAfter)
    throw certificateError('CERTIFICATE_EXPIRED', `${name} was good until ${timeOf(notAfter)}`, { details });
}

const timeOf = (time: UnixSeconds): string => new Date(time * 1000).toISOString().replace('.000Z', 'Z');

async function checkRevocation(chain: readonly Certificate[], { lists, now }: VerifyOptions): Promise<void> {
  for (const [i, certificate] of chain.slice(0, -1).entries()) {
    const issuer = chain[i + 1] as Certificate;
    const own = lists.filter((list) => list.isOf(issuer));
    if (own.length === 0 && i === 0) {
      throw certificateError('CERTIFICATE_LIST', `there is no revocation list of "${issuer.subject}"`);
    }
    for (const list of own) {
      await list.check(issuer, now);
      const since = list.find(certificate.serial);
      if (since === null) continue;
      const words = `the certificate of "${certificate.subject}" was revoked on ${timeOf(since)}`;
      throw certificateError('CERTIFICATE_REVOKED', words, { details: { serial: certificate.serial, since } });
    }
  }
}

/** The purposes of a CA bound those of what it signs. */
function checkPurpose(chain: readonly Certificate[], purpose: Purpose): void {
  const [leaf] = chain as [Certificate];
  const signs = ((leaf.keyUsage ?? KeyUsageFlags.digitalSignature) & KeyUsageFlags.digitalSignature) !== 0;
  const isFor = chain.every(
    ({ purposes }) => purposes === null || purposeOids[purpose].every((oid) => purposes.includes(oid)),
  );
  if (signs && isFor) return;
  throw certificateError('CERTIFICATE_PURPOSE', `the certificate of "${leaf.subject}" is not good for a ${purpose}`, {
    details: { purposes: leaf.purposes },
  });
}

/** Alternative names alone count (RFC 9525 §2). */
function checkHost({ native, subject, hosts }: Certificate, { type, value }: Host): void {
  const found =
    type === 'ip' ? native.checkIP(value) : native.checkHost(value, { subject: 'never', partialWildcards: false });
  if (found !== undefined) return;
  const names = hosts.length === 0 ? 'no host' : hosts.join(', ');
  throw certificateError('CERTIFICATE_NAME', `the certificate of "${subject}" is for ${names}, not for ${value}`, {
    details: { host: value, hosts },
  });
}
