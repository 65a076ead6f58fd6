/** Errors of TLS between those who know each other's keys beforehand. */
import { errorsOf } from '../../base/errors.ts';

export const pinErrors = {
  PIN_MISMATCH: {
    category: 'security',
    help: 'The other side has shown a certificate whose key is not the one expected: it is another peer, or somebody stands between. It was told nothing, but it has seen our certificate. Compare fingerprints over another channel (`dst tls show FILE`).',
  },
  PIN_INVALID: {
    category: 'usage',
    help: 'A pin is the fingerprint of a key: sha256// and base64, or 64 hexadecimal digits, as `dst tls show FILE` prints it; for the command also a file with the certificate. One at least is needed.',
  },
  PIN_CERTIFICATE: {
    category: 'usage',
    help: 'The certificate and the key for TLS cannot be used together. Give the two files that `dst tls init` has made, as PEM, the key without a passphrase.',
  },
  PIN_ENCRYPTION: {
    category: 'usage',
    help: 'Where peers are known by their keys every connection is TLS, or that of a sealed torrent: there is no other encryption to choose. Leave out --encryption.',
  },
} as const;

export const pinError: ReturnType<typeof errorsOf<typeof pinErrors>> = errorsOf(pinErrors);
