/** Errors of certificates. */
import { errorsOf } from '../../base/errors.ts';

export const certificateErrors = {
  CERTIFICATE_UNREADABLE: {
    category: 'storage',
    help: 'The file could not be read. Check its path and permissions; `dst tls init` makes certificates.',
  },
  CERTIFICATE_UNWRITABLE: {
    category: 'storage',
    help: 'The file could not be written. Check that its folder may be written and has room.',
  },
  CERTIFICATE_EXISTS: {
    category: 'usage',
    help: 'There is a certificate or key of this name already, and it was not touched. Choose another with --name, renew it with `dst tls renew`, or replace it and its key with --force.',
  },
  CERTIFICATE_INVALID: {
    category: 'integrity',
    help: 'The file is no certificate, key or revocation list that can be used, or is damaged. Certificates are PEM or DER, keys PEM without a passphrase.',
  },
  CERTIFICATE_HOST: {
    category: 'usage',
    help: 'A host is a DNS name such as tracker.example.org or *.example.org, or an IP address, without a port.',
  },
  CERTIFICATE_AUTHORITY: {
    category: 'usage',
    help: 'The folder has no CA, or the key in it is not that of its CA. `dst tls init` makes one; name its folder with --dir.',
  },
  CERTIFICATE_UNTRUSTED: {
    category: 'security',
    help: 'No chain of certificates leads from this one to the CA. It was issued by another CA, or a certificate between them is missing from the file.',
  },
  CERTIFICATE_DEPTH: {
    category: 'security',
    help: 'The chain of certificates is longer than three, or than a CA in it allows. Have the certificate issued nearer to the root.',
  },
  CERTIFICATE_EXPIRED: {
    category: 'security',
    help: 'The time of the certificate is over. Renew it (`dst tls renew`; a CA with `dst tls renew-ca`), and check the clock of this machine.',
  },
  CERTIFICATE_NOT_YET_VALID: {
    category: 'security',
    help: 'The time of the certificate has not begun. Check the clocks of this machine and of the one that issued it.',
  },
  CERTIFICATE_NAME: {
    category: 'security',
    help: 'The certificate is for other hosts. Connect to a name that it has, or have one issued with this name (--host).',
  },
  CERTIFICATE_PURPOSE: {
    category: 'security',
    help: 'The certificate may not be used for this: one of a server is not good for a peer, and one of neither for signing certificates.',
  },
  CERTIFICATE_REVOKED: {
    category: 'security',
    help: 'The certificate was revoked by its CA. Do not trust it; have another issued with a new key (`dst tls renew --new-key`).',
  },
  CERTIFICATE_WEAK: {
    category: 'security',
    help: 'A certificate has a key, a signature or a critical extension that is not accepted here: SHA-1, RSA below 2048 bits, other curves than P-256, P-384 and P-521, or something unknown. Have it issued anew.',
  },
  CERTIFICATE_LIST: {
    category: 'security',
    help: 'The revocation list cannot be trusted: it is signed by another CA, out of date, or says what is not understood. Fetch the present one; `dst tls renew` makes it anew.',
  },
} as const;

export const certificateError: ReturnType<typeof errorsOf<typeof certificateErrors>> = errorsOf(certificateErrors);
