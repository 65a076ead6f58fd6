/** What `dst tls` does, action by action. */
import {
  authorityDirectory,
  authorityPath,
  type Certificate,
  initTls,
  isCertificateName,
  type Issued,
  type KeyType,
  listPath,
  parseCertificateHost,
  parsePin,
  type Purpose,
  readCertificateFile,
  readCertificates,
  renewAuthority,
  renewTls,
  revokeCertificate,
  type RevocationList,
  verifyCertificate,
} from '../../app/certificates/index.ts';
import { systemClock } from '../../base/clock.ts';
import type { CommandContext } from '../command.ts';
import { cliError } from '../errors.ts';
import { escapeText } from '../ui/escape.ts';
import { describeCertificate, describeList, renderCertificate, renderList } from '../ui/certificate-view.ts';
import { formatDate } from '../ui/format.ts';
import type { Output } from '../ui/output.ts';

export interface TlsFlags {
  readonly dir?: string;
  readonly name?: string;
  readonly host?: readonly string[];
  readonly purpose?: Purpose;
  readonly keyType?: KeyType;
  readonly days?: number;
  readonly newKey?: true;
  readonly ca?: readonly string[];
  readonly crl?: readonly string[];
  readonly pin?: readonly string[];
  readonly force?: true;
}

interface Action {
  readonly takesFile: boolean;
  readonly flags: readonly (keyof TlsFlags)[];
  readonly perform: (context: CommandContext, flags: TlsFlags, file: string) => Promise<void>;
}

export type TlsAction = 'init' | 'renew' | 'renew-ca' | 'show' | 'revoke' | 'verify';

export const tlsActions: Readonly<Record<TlsAction, Action>> = {
  init: {
    takesFile: false,
    flags: ['dir', 'name', 'host', 'purpose', 'keyType', 'days', 'force'],
    perform: init,
  },
  renew: { takesFile: false, flags: ['dir', 'name', 'days', 'newKey'], perform: renew },
  'renew-ca': { takesFile: false, flags: ['dir'], perform: renewCa },
  show: { takesFile: true, flags: [], perform: show },
  revoke: { takesFile: true, flags: ['dir'], perform: revoke },
  verify: { takesFile: true, flags: ['dir', 'host', 'purpose', 'ca', 'crl', 'pin'], perform: verify },
};

const DEFAULT_NAME = 'server';
/** Lifetime of what is issued, days: as long as browsers take and short enough that renewing stays a habit. */
const DEFAULT_DAYS = 90;
/** How long before its end a CA is warned of, seconds: as long as what it issues lasts. */
const WARNED_OF = DEFAULT_DAYS * 86_400;
/** Of a server that nothing else is said of. */
const ownHosts = ['localhost', '127.0.0.1', '::1'];

const directoryOf = ({ dir }: TlsFlags): string => dir ?? authorityDirectory();

function nameOf({ name = DEFAULT_NAME }: TlsFlags): string {
  if (isCertificateName(name)) return name;
  throw cliError(
    'USAGE_VALUE',
    `"${name}" is no name for files; it is of letters, digits, - and _, and not ca or revoked`,
  );
}

async function init({ output }: CommandContext, flags: TlsFlags): Promise<void> {
  const { purpose = 'server', keyType = 'ecdsa-p256', days = DEFAULT_DAYS } = flags;
  const issued = await initTls({
    directory: directoryOf(flags),
    name: nameOf(flags),
    hosts: (flags.host ?? (purpose === 'server' ? ownHosts : [])).map(parseCertificateHost),
    purpose,
    keyType,
    days,
    mayReplace: flags.force === true,
    now: systemClock.wall(),
  });
  tellIssued(output, directoryOf(flags), issued);
}

async function renew({ output }: CommandContext, flags: TlsFlags): Promise<void> {
  const issued = await renewTls({
    directory: directoryOf(flags),
    name: nameOf(flags),
    withNewKey: flags.newKey === true,
    days: flags.days ?? null,
    now: systemClock.wall(),
  });
  tellIssued(output, directoryOf(flags), issued);
}

async function renewCa({ output }: CommandContext, flags: TlsFlags): Promise<void> {
  const certificate = await renewAuthority(directoryOf(flags), systemClock.wall());
  const ca = authorityPath(directoryOf(flags));
  if (output.options.json) return output.json({ ca, ...describeCertificate(certificate) });
  output.note(`CA, until ${formatDate(certificate.notAfter)}; give it to those who connect: ${escapeText(ca)}`);
  output.line(certificate.fingerprint);
}

/** Those who connect need its successor in time, and certificates end with it. */
function warnOfEnd(output: Output, { isAuthority, notAfter, subject }: Certificate): void {
  if (!isAuthority || notAfter - systemClock.wall() > WARNED_OF) return;
  output.warn(`"${escapeText(subject)}" ends ${formatDate(notAfter)}; who has its key renews it: \`dst tls renew-ca\``);
}

function tellIssued(output: Output, directory: string, { certificate, paths, authority }: Issued): void {
  warnOfEnd(output, authority);
  if (output.options.json) {
    output.json({
      ca: authorityPath(directory),
      caFingerprint: authority.fingerprint,
      ...paths,
      ...describeCertificate(certificate),
    });
    return;
  }
  const hosts = certificate.hosts.length === 0 ? 'no host' : certificate.hosts.join(', ');
  output.note(`CA, for those who connect: ${escapeText(authorityPath(directory))}`);
  output.note(`certificate, until ${formatDate(certificate.notAfter)}, for ${hosts}: ${escapeText(paths.certificate)}`);
  output.note(`its key, for you alone: ${escapeText(paths.key)}`);
  output.line(certificate.fingerprint);
}

async function show({ output }: CommandContext, _flags: TlsFlags, file: string): Promise<void> {
  const { certificates, lists } = await readCertificateFile(file);
  for (const certificate of certificates) warnOfEnd(output, certificate);
  if (output.options.json) {
    output.json({ certificates: certificates.map(describeCertificate), lists: lists.map(describeList) });
    return;
  }
  const label = (text: string): string => output.bold(text);
  const parts = [
    ...certificates.map((one) => renderCertificate(one, label)),
    ...lists.map((one) => renderList(one, label)),
  ];
  for (const line of parts.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))) output.line(line);
}

async function revoke({ output }: CommandContext, flags: TlsFlags, file: string): Promise<void> {
  const [certificate] = await readCertificates(file);
  const list = await revokeCertificate(directoryOf(flags), certificate, systemClock.wall());
  const path = listPath(directoryOf(flags));
  if (output.options.json) output.json({ path, serial: certificate.serial, ...describeList(list) });
  else {
    output.note(`revoked: "${escapeText(certificate.subject)}", ${certificate.serial}`);
    output.note('give the list to those who trust the CA:');
    output.line(path);
  }
}

async function verify({ output }: CommandContext, flags: TlsFlags, file: string): Promise<void> {
  const pins = (flags.pin ?? []).map(pinOf);
  const [certificate, ...intermediates] = await readCertificates(file);
  const { roots, lists } = await trusted(flags, pins.length > 0);
  const chain = await verifyCertificate(certificate, {
    roots,
    intermediates,
    lists,
    pins,
    hosts: (flags.host ?? []).map(parseCertificateHost),
    purpose: flags.purpose ?? 'server',
    now: systemClock.wall(),
  });
  if (output.options.json) {
    const isPinned = pins.length > 0;
    output.json({ ok: true, isPinned, isRevocationChecked: lists.length > 0, chain: chain.map(describeCertificate) });
    return;
  }
  const words = [
    roots.length === 0 ? null : `issued by "${escapeText(certificate.issuer)}"`,
    pins.length === 0 ? null : 'its key is the expected one',
    lists.length === 0 ? 'whether it was revoked was not asked' : 'not revoked',
  ].filter((part) => part !== null);
  output.note(`good until ${formatDate(certificate.notAfter)}: ${words.join(', ')}`);
}

function pinOf(text: string): string {
  const pin = parsePin(text);
  if (pin !== null) return pin;
  throw cliError('USAGE_VALUE', `"${text}" is no fingerprint; it is "sha256//" and base64, or 64 hexadecimal digits`);
}

interface Trusted {
  readonly roots: readonly Certificate[];
  readonly lists: readonly RevocationList[];
}

/** The CA of the folder and its list, where no other is named and no pin takes its place. */
async function trusted(flags: TlsFlags, isPinned: boolean): Promise<Trusted> {
  const isOwn = flags.ca === undefined && !isPinned;
  const caFiles = flags.ca ?? (isOwn ? [authorityPath(directoryOf(flags))] : []);
  const listFiles = flags.crl ?? (isOwn ? [listPath(directoryOf(flags))] : []);
  const roots = await Promise.all(caFiles.map(readCertificates));
  const lists = await Promise.all(listFiles.map(readCertificateFile));
  return { roots: roots.flat(), lists: lists.flatMap((one) => one.lists) };
}
