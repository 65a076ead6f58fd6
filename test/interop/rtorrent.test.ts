import { Rtorrent } from './clients/rtorrent.ts';
import { describeExchange } from './exchange.ts';
import { enterNamespace } from './namespace.ts';

const skip = await enterNamespace(import.meta.filename, ['rtorrent']);

describeExchange('rtorrent', skip, () => new Rtorrent());
