import { Qbittorrent } from './clients/qbittorrent.ts';
import { describeExchange } from './exchange.ts';
import { enterNamespace } from './namespace.ts';

const skip = await enterNamespace(import.meta.filename, ['qbittorrent']);

describeExchange('qBittorrent', skip, () => new Qbittorrent());
