/** One connection to a Redis or Valkey server, on which scripts are run. */
import { createClient, ErrorReply, RESP_TYPES } from '@redis/client';
import { createHash } from 'node:crypto';
import type { Millis } from '../../../base/units.ts';
import type { SwarmsAddress } from '../../../base/swarms-url.ts';

/** Lua text with the name that a server knows it by. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

export const scriptOf = (text: string): Script => ({ text, sha1: createHash('sha1').update(text).digest('hex') });

/** What the store of swarms needs of a server. */
export interface ScriptLink {
  /** Resolves when it can be used; rejects when the server cannot be reached or refuses. */
  connect(): Promise<void>;
  /** Runs a script that answers with a string; rejects when it or the connection fails. */
  run(script: Script, keys: readonly Buffer[], values: readonly (string | Buffer)[]): Promise<Uint8Array>;
  /** Closes at once. What runs is rejected. */
  close(): void;
}

/** Whether it is the answer of a server: the connection is as good as before. */
export const isRefusal = (error: unknown): error is Error => error instanceof ErrorReply;

/** `onLost`: a connection that was made ended by itself. */
export function redisLink(address: SwarmsAddress, connectTime: Millis, onLost: () => void): ScriptLink {
  const socket = { connectTimeout: connectTime, reconnectStrategy: false } as const;
  const client = createClient({
    ...(address.path === null
      ? { url: address.url, socket }
      : { socket: { ...socket, path: address.path, tls: false }, database: address.database }),
    ...(address.path !== null && address.username !== null && { username: address.username }),
    ...(address.path !== null && address.password !== null && { password: address.password }),
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  });
  client.on('error', onLost);
  const options = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };
  const send = (command: string, body: string, keys: readonly Buffer[], values: readonly (string | Buffer)[]) =>
    client.sendCommand<Uint8Array>([command, body, String(keys.length), ...keys, ...values], options);
  return {
    async connect() {
      await client.connect();
    },
    async run(script, keys, values) {
      try {
        return await send('EVALSHA', script.sha1, keys, values);
      } catch (error) {
        // The server was started anew, or told to forget its scripts.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await send('EVAL', script.text, keys, values);
      }
    },
    close() {
      client.destroy();
    },
  };
}
