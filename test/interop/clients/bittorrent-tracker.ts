/** The tracker client of WebTorrent, in this process. Its WebRTC part is replaced by one that opens no session. */
import type { EventEmitter } from 'node:events';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { CACHE_DIR } from '../setup.ts';

/** A client of bittorrent-tracker for one torrent. */
export interface TrackerClient extends EventEmitter {
  start(options?: object): void;
  complete(options?: object): void;
  update(options?: object): void;
  stop(options?: object): void;
  scrape(options?: object): void;
  destroy(): void;
}

type ClientClass = new (options: object) => TrackerClient;

export async function loadTrackerClient(): Promise<ClientClass> {
  const fake = import.meta.resolve('./fake-webrtc.ts');
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'webrtc-polyfill' ? { url: fake, shortCircuit: true } : next(specifier, context),
  });
  const module = (await import(join(CACHE_DIR, 'node_modules/bittorrent-tracker/client.js'))) as {
    default: ClientClass;
  };
  return module.default;
}
