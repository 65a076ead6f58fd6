/** Flags of `dst tracker`. */
import type { ByteCount } from '../base/units.ts';

export interface TrackerFlags {
  readonly config?: string;
  readonly port?: number;
  readonly bind?: string[];
  readonly threads?: number;
  readonly memory?: ByteCount;
  readonly interval?: number;
  readonly access?: 'open' | 'whitelist' | 'private';
  readonly allowPrivate?: true;
  readonly peersPerAddress?: number;
  readonly trustProxy?: string[];
  readonly hostName?: string[];
  readonly tlsPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly data?: string;
  readonly database?: string;
  readonly swarms?: string;
  readonly udpKey?: string;
  readonly log?: 'text' | 'json';
  readonly name?: string;
  readonly scope?: string[];
}
