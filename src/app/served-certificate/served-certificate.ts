/** The certificate that a service shows, which follows its files. */
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { type Certificate, expiresAt, expiryOf, readCertificate } from './certificate.ts';
import { CertificateWatch } from './certificate-watch.ts';

/** Seconds before its end in which a certificate is to be renewed: those who do it by themselves do it earlier. */
const RENEWAL = 7 * 86_400;

export interface CertificateFiles {
  /** Files with the certificate chain and its key, PEM. They are read again when they change. */
  readonly certificate: string;
  readonly key: string;
}

export class ServedCertificate implements Disposable {
  /** Null without TLS. */
  current: Certificate | null;
  #watch: CertificateWatch | null = null;

  private constructor(current: Certificate | null) {
    this.current = current;
  }

  /** Reads the files and follows them from then on; rejects TLS_*. `onChange`: there is another. */
  static async open(tls: CertificateFiles | null, logger: Logger, onChange: () => void): Promise<ServedCertificate> {
    if (tls === null) return new ServedCertificate(null);
    const certificate = await readCertificate(tls.certificate, tls.key);
    const opened = new ServedCertificate(certificate);
    opened.#watch = new CertificateWatch(certificate, {
      certPath: tls.certificate,
      keyPath: tls.key,
      clock: systemClock,
      onChange: (next) => {
        opened.current = next;
        logger.info('certificate renewed', { expiresAt: new Date(expiresAt(next) * 1000).toISOString() });
        onChange();
      },
      onProblem: (error) => logger.warn('certificate not renewed', { error }),
    });
    return opened;
  }

  /** What is wrong with it; null: nothing. */
  get problem(): string | null {
    if (this.current === null) return null;
    const now = systemClock.wall();
    const problem = this.#watch?.problem ?? expiryOf(this.current, now);
    if (problem !== null) return problem.message;
    const days = Math.ceil((expiresAt(this.current) - now) / 86_400);
    return now > expiresAt(this.current) - RENEWAL ? `the certificate expires in ${days} days` : null;
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
  }
}
