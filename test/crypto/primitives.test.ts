/** Each implementation of the primitives against the one compliance suite. */
import { implementations } from './implementations.ts';
import { primitivesCompliance } from './primitives-compliance.ts';
import { rsaCompliance } from './rsa-compliance.ts';

for (const [name, primitives, rsa] of implementations) {
  primitivesCompliance(name, primitives);
  rsaCompliance(name, rsa);
}
