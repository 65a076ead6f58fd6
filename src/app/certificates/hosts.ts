/** Names and addresses that a certificate is for. */
import { domainToASCII } from 'node:url';
import { formatHost, parseHost } from '../../base/address.ts';
import { certificateError } from './errors.ts';

export interface Host {
  readonly type: 'dns' | 'ip';
  /** Lower case, international names in their ASCII form; addresses in their one form. */
  readonly value: string;
}

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const NAME = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

/** Throws CERTIFICATE_HOST. */
export function parseCertificateHost(text: string): Host {
  const address = parseHost(text.replace(/^\[(.*)\]$/, '$1'));
  if (address !== null) return { type: 'ip', value: formatHost(address) };
  const isWildcard = text.startsWith('*.');
  const ascii = domainToASCII(isWildcard ? text.slice(2) : text);
  const name = isWildcard ? `*.${ascii}` : ascii;
  // A name of digits alone at its end would be taken for an address.
  if (name.length <= 253 && NAME.test(name) && !/(?:^|\.)\d+$/.test(name)) return { type: 'dns', value: name };
  throw certificateError('CERTIFICATE_HOST', `"${text}" is no DNS name and no IP address`);
}
