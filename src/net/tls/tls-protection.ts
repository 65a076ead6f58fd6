/**
 * TLS 1.3 between peers that know each other's keys beforehand: both show a certificate, and what counts of it is the
 * key, by its fingerprint. Names, dates and issuers of certificates do not matter here, as with raw public keys
 * (RFC 7250), and nothing but TLS 1.3 is spoken. Keys are exchanged with ML-KEM-768 and X25519 (X25519MLKEM768,
 * draft-ietf-tls-ecdhe-mlkem), or with X25519 alone where the other side does not know the former.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect, createSecureContext, createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { addressKey } from '../../base/address.ts';
import { readU16 } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors.ts';
import type { ByteCount } from '../../base/units.ts';
import { netError } from '../errors.ts';
import type { Protection } from '../protection/index.ts';
import type { Connection } from '../transport.ts';
import { ConnectionStream } from './connection-stream.ts';
import { pinError } from './errors.ts';
import { spkiFingerprint } from './fingerprint.ts';
import { TlsConnection } from './tls-connection.ts';

export interface TlsProtectionOptions {
  /** Our own, as PEM. */
  readonly key: string;
  readonly cert: string;
  /** Whether a peer with this key is wanted (`spkiFingerprint`); asked once for each connection. */
  readonly isPinned: (fingerprint: string) => boolean;
}

const suite: SecureContextOptions = { minVersion: 'TLSv1.3', ecdhCurve: 'X25519MLKEM768:X25519' };

/** Bytes that tell a ClientHello: the head of a record (RFC 8446 §5.1) and the type of the message in it (§4). */
const RECORD_HEAD: ByteCount = 5;
const HELLO_HEAD: ByteCount = RECORD_HEAD + 1;
/** What a record holds at the most (§5.1). */
const LONGEST_RECORD: ByteCount = 2 ** 14;

/** Throws PIN_CERTIFICATE when key and certificate cannot be used. PIN_MISMATCH is a further error of `accept` and `dial`. */
export function tlsProtection({ key, cert, isPinned }: TlsProtectionOptions): Protection {
  const ours = ownOptions(key, cert);
  const dialling = createSecureContext(ours);
  return {
    name: 'tls',
    handshakeCost: 1700,
    openingLength,
    accept(connection) {
      const stream = new ConnectionStream(connection);
      // A server each: its tickets open no later connection, so that each shows its certificate.
      const server = createServer({ ...ours, requestCert: true, rejectUnauthorized: false });
      const secured = established(connection, stream, isPinned, (done, failed) => {
        server.once('secureConnection', done);
        server.once('tlsClientError', failed);
      });
      server.emit('connection', stream);
      return secured;
    },
    async dial(connection, { greeting }) {
      const stream = new ConnectionStream(connection);
      const socket = connect({ socket: stream, secureContext: dialling, rejectUnauthorized: false });
      const secured = await established(connection, stream, isPinned, (done, failed) => {
        socket.once('secureConnect', () => done(socket));
        socket.on('error', failed);
      });
      if (greeting !== undefined) secured.send(greeting);
      return secured;
    },
  };
}

/** Of a certificate with its chain only the first goes over the wire: who issued it is of no interest. */
function ownOptions(key: string, cert: string): SecureContextOptions {
  try {
    const own = new X509Certificate(cert);
    if (!own.checkPrivateKey(createPrivateKey(key))) throw new Error('the key does not belong to the certificate');
    const ours = { ...suite, key, cert: own.toString() };
    createSecureContext(ours); // It has more to say, on weak keys.
    return ours;
  } catch (cause) {
    throw pinError('PIN_CERTIFICATE', `TLS with this certificate and key: ${messageOf(cause)}`, { cause });
  }
}

/** The record that a ClientHello begins; the versions in it say nothing (RFC 8446 §5.1). */
function openingLength(first: Uint8Array): ByteCount | null {
  const [type, major = 3, minor = 0, , , message = 1] = first;
  if (type !== 0x16 || major !== 3 || minor > 4 || message !== 1) return 0;
  if (first.length < HELLO_HEAD) return null;
  const length = readU16(first, 3);
  return length > LONGEST_RECORD ? 0 : RECORD_HEAD + length;
}

/** Waits for the end of the handshake and looks at the key of the other side. Rejects with NET_PROTECTION_FAILED and PIN_MISMATCH. */
function established(
  below: Connection,
  stream: ConnectionStream,
  isPinned: (fingerprint: string) => boolean,
  listen: (done: (socket: TLSSocket) => void, failed: (cause: Error) => void) => void,
): Promise<TlsConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<TlsConnection>();
  let isOver = false;
  const done = (socket: TLSSocket): void => {
    isOver = true;
    stream.secured();
    const connection = new TlsConnection(socket, stream, below);
    const problem = problemOf(socket, below, isPinned);
    if (problem === null) return resolve(connection);
    connection.close();
    reject(problem);
  };
  const failed = (words: string, cause: Error | null): void => {
    if (isOver) return;
    isOver = true;
    reject(failure(words, cause));
    stream.destroy();
  };
  listen(done, (cause) => failed(messageOf(cause), cause));
  for (const event of ['end', 'close']) {
    stream.once(event, () => failed('the connection ended in the handshake', stream.failure));
  }
  return promise;
}

/** What is wrong with the key that the other side has shown. */
function problemOf(
  socket: TLSSocket,
  { remote }: Connection,
  isPinned: (fingerprint: string) => boolean,
): Error | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return failure('the peer has shown no certificate', null);
  const fingerprint = spkiFingerprint(certificate.publicKey);
  if (isPinned(fingerprint)) return null;
  const words = `${addressKey(remote)} has shown the key ${fingerprint}`;
  return pinError('PIN_MISMATCH', words, { details: { fingerprint } });
}

const failure = (words: string, cause: Error | null): Error =>
  netError('NET_PROTECTION_FAILED', `TLS: ${words}`, { cause: cause ?? undefined });
