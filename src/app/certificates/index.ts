/** Certificates (docs/tls.md): a private CA, what it issues, and whether a certificate is to be trusted. */
export { parsePin } from '../../net/tls/index.ts';
export {
  authorityDirectory,
  authorityPath,
  initTls,
  isCertificateName,
  type Issued,
  listPath,
  renewAuthority,
  renewTls,
  revokeCertificate,
} from './authority-folder.ts';
export type { Certificate } from './certificate.ts';
export { certificateErrors } from './errors.ts';
export { parseCertificateHost } from './hosts.ts';
export { type Purpose, purposes } from './issue.ts';
export { type KeyType, keyTypes } from './keys.ts';
export { readCertificateFile, readCertificateKey, readCertificates } from './read-certificates.ts';
export type { RevocationList } from './revocation-list.ts';
export { verifyCertificate } from './verify-certificate.ts';
