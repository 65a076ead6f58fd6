import { Transmission } from './clients/transmission.ts';
import { describeExchange } from './exchange.ts';
import { enterNamespace } from './namespace.ts';

const skip = await enterNamespace(import.meta.filename, ['transmission']);

/** Transmission 3 never creates files of length zero. */
const LEFT_OUT = ['missing: empty file.txt'];

describeExchange('Transmission', skip, () => new Transmission(), LEFT_OUT);
