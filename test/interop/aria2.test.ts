import { Aria2 } from './clients/aria2.ts';
import { describeExchange } from './exchange.ts';
import { enterNamespace } from './namespace.ts';

const skip = await enterNamespace(import.meta.filename, ['aria2']);

describeExchange('aria2', skip, () => new Aria2());
