import { webtorrent } from './clients/webtorrent.ts';
import { describeExchange } from './exchange.ts';
import { enterNamespace } from './namespace.ts';

const skip = await enterNamespace(import.meta.filename, ['webtorrent']);

describeExchange('webtorrent', skip, webtorrent);
