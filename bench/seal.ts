/**
 * Sealing and opening a `.dst` in memory, beside the cipher alone, in one run: how much of AES-256-GCM's speed is left.
 * Prints one line of JSON; `node bench/seal.ts [MIB]`.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { concat } from '../src/base/bytes.ts';
import { systemRandom } from '../src/base/random.ts';
import { DstOpener, DstSealer, hybridIdentity, hybridRecipient, openDst, sealDst } from '../src/codec/dst/index.ts';
import { nodePrimitives } from '../src/crypto/native/node-primitives.ts';
import { xWingPublicKeyOf } from '../src/crypto/x-wing.ts';

const MIB = 1024 * 1024;
const CHUNK = 16_384;
const ROUNDS = 5;
const total = Number(process.argv[2] ?? 256) * MIB;
const part = randomBytes(MIB);
const seed = systemRandom.bytes(32);
const recipients = [hybridRecipient(nodePrimitives, systemRandom, xWingPublicKeyOf(nodePrimitives, seed))];
const identities = [hybridIdentity(nodePrimitives, seed)];
const sealing = { kind: 'file', name: null, created: null, signer: null, recipients } as const;

/** GB/s of the best of several rounds. */
async function best(length: number, run: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await run();
    least = Math.min(least, performance.now() - start);
  }
  return length / least / 1e6;
}

/** The cipher alone, in the chunks of the format. */
function cipherAlone(isSealing: boolean): void {
  const [key, nonce] = [randomBytes(32), Buffer.alloc(12)];
  const first = part.subarray(0, CHUNK);
  const sealer = createCipheriv('aes-256-gcm', key, nonce);
  const ciphertext = sealer.update(first);
  sealer.final();
  const tag = sealer.getAuthTag();
  for (let at = 0; at < total; at += CHUNK) {
    if (isSealing) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.update(part.subarray(at % MIB, (at % MIB) + CHUNK));
      cipher.final();
      cipher.getAuthTag();
    } else {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce);
      decipher.setAuthTag(tag);
      decipher.update(ciphertext);
      decipher.final();
    }
  }
}

async function seal(): Promise<void> {
  const sealer = await DstSealer.begin(nodePrimitives, systemRandom, { ...sealing, length: total });
  for (let at = 0; at < total; at += MIB) sealer.push(part);
  for (const _ of sealer.finish());
}

const start = await DstSealer.begin(nodePrimitives, systemRandom, { ...sealing, length: total });
const sealed: Uint8Array[] = [];
for (let at = 0; at < total; at += MIB) sealed.push(start.push(part));
async function open(): Promise<void> {
  const opener = await DstOpener.begin(nodePrimitives, start.start, identities);
  opener.push(start.start.subarray(opener.payloadAt));
  for (const chunk of sealed) opener.push(chunk);
}

const small = await sealDst(nodePrimitives, systemRandom, sealing, part);
const opening = await best(1, () => openDst(nodePrimitives, concat([small]), identities));
const rates = {
  cipher_seal: await best(total, () => cipherAlone(true)),
  seal: await best(total, seal),
  cipher_open: await best(total, () => cipherAlone(false)),
  open: await best(total, open),
};
const ratio = (rates.seal + rates.open) / (rates.cipher_seal + rates.cipher_open);
console.log(JSON.stringify({ bench: 'seal', unit: 'GB/s', ...rates, ratio, open_1mib_ms: 1 / opening / 1e6 }));
