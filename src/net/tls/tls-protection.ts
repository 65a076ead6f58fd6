/**
 * TLS 1.3 between peers that know each other's keys beforehand: both show a certificate, and what counts of it is the
 * key, by its fingerprint. Names, dates and issuers of certificates do not matter here, as with raw public keys
 * (RFC 7250), and nothing but TLS 1.3 is spoken. Keys are exchanged with ML-KEM-768 and X25519 (X25519MLKEM768,
 * draft-ietf-tls-ecdhe-mlkem), or with X25519 alone where the other side does not know the former.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import { addressKey } from '../../base/address.ts';
import { messageOf } from '../../base/errors.ts';
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
const HELLO_HEAD = 6;

/** Throws PIN_CERTIFICATE when key and certificate cannot be used. PIN_MISMATCH is a further error of `accept` and `dial`. */
export function tlsProtection({ key, cert, isPinned }: TlsProtectionOptions): Protection {
  const ours = { ...suite, key, cert };
  const dialling = contextOf(ours);
  return {
    name: 'tls',
    handshakeCost: 1700,
    recognises,
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

function contextOf(ours: SecureContextOptions & Pick<TlsProtectionOptions, 'key' | 'cert'>): SecureContext {
  try {
    const isPair = new X509Certificate(ours.cert).checkPrivateKey(createPrivateKey(ours.key));
    if (!isPair) throw new Error('the key does not belong to the certificate');
    return createSecureContext(ours); // it has more to say, on weak keys
  } catch (cause) {
    throw pinError('PIN_CERTIFICATE', `TLS with this certificate and key: ${messageOf(cause)}`, { cause });
  }
}

/** The head of a ClientHello; the versions in it say nothing (RFC 8446 §5.1). */
function recognises(first: Uint8Array): boolean | null {
  const [type, major = 3, minor = 0, , , message = 1] = first;
  if (type !== 0x16 || major !== 3 || minor > 4 || message !== 1) return false;
  return first.length < HELLO_HEAD ? null : true;
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
