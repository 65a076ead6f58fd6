/** Door of the certificate that a service shows to those who connect. */
export type { Certificate } from './certificate.ts';
export { certificateErrors } from './errors.ts';
export { type CertificateFiles, ServedCertificate } from './served-certificate.ts';
