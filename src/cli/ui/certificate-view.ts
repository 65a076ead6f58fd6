/** What `dst tls` shows of certificates and revocation lists, for people and as JSON. */
import type { Certificate, RevocationList } from '../../app/certificates/index.ts';
import { escapeText } from './escape.ts';
import { formatDate } from './format.ts';
import { renderRows } from './rows.ts';

export function describeCertificate(certificate: Certificate): object {
  const { subject, issuer, serial, hosts, notBefore, notAfter, isAuthority, purposes, keyKind, fingerprint } =
    certificate;
  return { subject, issuer, serial, hosts, notBefore, notAfter, isAuthority, purposes, keyKind, fingerprint };
}

export function describeList({ issuer, number, thisUpdate, nextUpdate, entries }: RevocationList): object {
  return { issuer, number: String(number), thisUpdate, nextUpdate, revoked: entries };
}

const words: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'server',
  '1.3.6.1.5.5.7.3.2': 'client',
};

export function renderCertificate(certificate: Certificate, label: (text: string) => string): string[] {
  const { purposes, weakness } = certificate;
  const uses = certificate.isAuthority ? ['CA: signs certificates'] : (purposes ?? []).map((oid) => words[oid] ?? oid);
  return renderRows(
    [
      ['Certificate', escapeText(certificate.subject)],
      ['Issued by', escapeText(certificate.issuer)],
      ['Hosts', certificate.hosts],
      ['From', formatDate(certificate.notBefore)],
      ['Until', formatDate(certificate.notAfter)],
      ['For', uses.join(', ')],
      ['Key', certificate.keyKind],
      ['Fingerprint', certificate.fingerprint],
      ['Serial', certificate.serial],
      ['Not accepted', weakness],
    ],
    label,
  );
}

export function renderList(list: RevocationList, label: (text: string) => string): string[] {
  return renderRows(
    [
      ['Revoked by', escapeText(list.issuer)],
      ['Number', String(list.number)],
      ['From', formatDate(list.thisUpdate)],
      ['Next', formatDate(list.nextUpdate)],
      ['Serials', list.entries.map(({ serial, since }) => `${serial}, ${formatDate(since)}`)],
    ],
    label,
  );
}
