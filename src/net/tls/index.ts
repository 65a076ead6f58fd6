/** Door of TLS 1.3 between peers whose keys are known beforehand. */
export { pinError, pinErrors } from './errors.ts';
export { parsePin, spkiFingerprint } from './fingerprint.ts';
export { tlsProtection, type TlsProtectionOptions } from './tls-protection.ts';
