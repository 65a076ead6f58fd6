/** Keys are overwritten when they are done with: all that went into the primitives as a key, or came out as a secret. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concatSecret, equalBytes, secretMemory, utf8 } from '../../src/base/bytes.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  AgeOpener,
  ageIdentity,
  agePassphraseIdentity,
  agePassphraseRecipient,
  agePublicKeyOf,
  ageRecipient,
  AgeSealer,
  openAge,
  sealAge,
} from '../../src/codec/age/index.ts';
import {
  DstOpener,
  DstSealer,
  hybridIdentity,
  hybridRecipient,
  openDst,
  passphraseIdentity,
  passphraseRecipient,
  rsaHybridIdentity,
  rsaHybridRecipient,
  rsaIdentity,
  rsaRecipient,
  sealDst,
} from '../../src/codec/dst/index.ts';
import type { Identity, Recipient } from '../../src/codec/sealed/index.ts';
import { nodePrimitives } from '../../src/crypto/native/node-primitives.ts';
import { nodeRsa } from '../../src/crypto/native/rsa.ts';
import { NoiseHandshake, type NoiseOptions } from '../../src/crypto/noise/handshake.ts';
import type { Aead, Primitives, Rsa } from '../../src/crypto/primitives.ts';
import { xWingPublicKeyOf } from '../../src/crypto/x-wing.ts';
import type { Connection } from '../../src/net/index.ts';
import { MemoryConnection } from '../../src/net/memory/memory-connection.ts';
import { NoiseConnection } from '../../src/net/noise/noise-connection.ts';

/** Longest key, bytes; what is longer is content. */
const LONGEST = 96;

/** Primitives that note what must be overwritten: all keys but `kept`, which others own or may know. */
class Watch {
  readonly #seen = new Map<Uint8Array, string>();
  readonly #kept: readonly Uint8Array[];
  readonly primitives: Primitives;
  readonly rsa: Rsa;

  constructor(...kept: readonly Uint8Array[]) {
    this.#kept = kept;
    const { x25519, mlKem768 } = nodePrimitives;
    this.primitives = {
      ...nodePrimitives,
      aes256Gcm: this.#aead(nodePrimitives.aes256Gcm),
      chacha20Poly1305: this.#aead(nodePrimitives.chacha20Poly1305),
      hmac: (name, key, ...parts) => {
        // Of another length it is a salt, which everybody may know.
        if (key.length === 32) this.#note('key of an HMAC', key);
        return nodePrimitives.hmac(name, key, ...parts);
      },
      shake256: (data, length) => this.#note('seeds', nodePrimitives.shake256(data, length)),
      argon2id: async (password, ...rest) =>
        this.#note(
          'derived of a passphrase',
          await nodePrimitives.argon2id(this.#note('passphrase', password), ...rest),
        ),
      scrypt: async (password, ...rest) =>
        this.#note('derived of a passphrase', await nodePrimitives.scrypt(this.#note('passphrase', password), ...rest)),
      x25519: {
        ...x25519,
        sharedSecret: (own, theirs) =>
          this.#note('shared secret', x25519.sharedSecret(this.#note('private key', own), theirs)),
      },
      mlKem768: {
        ...mlKem768,
        encapsulate: (publicKey) => {
          const made = mlKem768.encapsulate(publicKey);
          this.#note('encapsulated secret', made?.secret ?? null);
          return made;
        },
        decapsulate: (seed, ciphertext) =>
          this.#note('decapsulated secret', mlKem768.decapsulate(this.#note('seed', seed), ciphertext)),
      },
    };
    this.rsa = {
      ...nodeRsa,
      decrypt: async (...args) => this.#note('secret under RSA', await nodeRsa.decrypt(...args)),
    };
  }

  #note<T extends Uint8Array | null>(what: string, secret: T): T {
    if (secret !== null && secret.length <= LONGEST && !this.#kept.some((one) => equalBytes(one, secret)))
      this.#seen.set(secret, what);
    return secret;
  }

  #aead(aead: Aead): Aead {
    const key = (bytes: Uint8Array): Uint8Array => this.#note('key of a cipher', bytes);
    return {
      seal: (one, nonce, plaintext, ...rest) =>
        aead.seal(key(one), nonce, this.#note('wrapped key', plaintext), ...rest),
      open: (one, ...rest) => this.#note('unwrapped key', aead.open(key(one), ...rest)),
      sealInto: (into, one, ...rest) => aead.sealInto(into, key(one), ...rest),
      openInto: (into, one, ...rest) => aead.openInto(into, key(one), ...rest),
    };
  }

  get hasForgotten(): boolean {
    return Array.from(this.#seen.keys()).every((secret) => secret.every((byte) => byte === 0));
  }

  /** Throws when one was not; else how many there were. */
  checkForgotten(where: string): number {
    for (const [secret, what] of this.#seen) assert.ok(!secret.some((byte) => byte !== 0), `${where}: ${what}`);
    return this.#seen.size;
  }
}

/** Keys of two who speak with each other. */
const statics = [systemRandom.bytes(32), systemRandom.bytes(32)] as const;
/** Longer than any key, also its last chunk. */
const content = systemRandom.bytes(100_000);
const seed = systemRandom.bytes(32);
const quick = { memory: 64, passes: 1, lanes: 1 };
const [mine, others] = [await nodeRsa.generate(), await nodeRsa.generate()];
const [kem, strangerKem] = [systemRandom.bytes(64), systemRandom.bytes(64)];
const publicKey = { rsa: mine.publicKey, kem: nodePrimitives.mlKem768.publicKeyOf(kem) };

interface Owner {
  readonly recipient: Recipient;
  readonly identity: Identity;
  readonly stranger: Identity;
}

const dstOwners: Readonly<Record<string, (watch: Watch) => Owner>> = {
  'X-Wing': ({ primitives }) => ({
    recipient: hybridRecipient(primitives, systemRandom, xWingPublicKeyOf(nodePrimitives, seed)),
    identity: hybridIdentity(primitives, seed),
    stranger: hybridIdentity(primitives, systemRandom.bytes(32)),
  }),
  'RSA and ML-KEM': ({ primitives, rsa }) => ({
    recipient: rsaHybridRecipient(primitives, rsa, systemRandom, publicKey),
    identity: rsaHybridIdentity(primitives, rsa, { rsa: mine.privateKey, kem }, publicKey),
    stranger: rsaHybridIdentity(primitives, rsa, { rsa: mine.privateKey, kem: strangerKem }, publicKey),
  }),
  RSA: ({ rsa }) => ({
    recipient: rsaRecipient(rsa, mine.publicKey),
    identity: rsaIdentity(rsa, mine.privateKey),
    stranger: rsaIdentity(rsa, others.privateKey),
  }),
  passphrase: ({ primitives }) => ({
    recipient: passphraseRecipient(primitives, systemRandom, 'open sesame', quick),
    identity: passphraseIdentity(primitives, 'open sesame'),
    stranger: passphraseIdentity(primitives, 'Open sesame'),
  }),
};

const sealing = { kind: 'file', name: null, created: null, signer: null } as const;

for (const [name, make] of Object.entries(dstOwners)) {
  test(`a .dst for ${name} leaves no key behind, whether it opens or not`, async () => {
    const watch = new Watch(kem, strangerKem);
    const { primitives } = watch;
    const { recipient, identity, stranger } = make(watch);
    const file = await sealDst(primitives, systemRandom, { ...sealing, recipients: [recipient] }, content);
    assert.ok(watch.checkForgotten('sealed') > 2);
    await openDst(primitives, file, [identity]);
    watch.checkForgotten('opened');
    await assert.rejects(openDst(primitives, file, [stranger]), { code: /^SEALED_(NO_KEY|PASSPHRASE)$/ });
    watch.checkForgotten('not opened');
    const { payloadAt } = await DstOpener.begin(nodePrimitives, file, [identity]);
    const places = { SEALED_FORGED: payloadAt - 80, SEALED_DAMAGED: payloadAt - 1 };
    for (const [code, at] of Object.entries(places)) {
      const changed = file.with(at, file[at] === 65 ? 66 : 65);
      await assert.rejects(openDst(primitives, changed, [identity]), { code });
      watch.checkForgotten(code);
    }
    await assert.rejects(openDst(primitives, file.subarray(0, -1), [identity]), { code: 'SEALED_DAMAGED' });
    watch.checkForgotten('cut');
  });
}

test('a .dst that is not finished, not opened to its end or for nobody leaves no key behind', async () => {
  const watch = new Watch();
  const { primitives } = watch;
  const { recipient, identity } = (dstOwners['X-Wing'] as (watch: Watch) => Owner)(watch);
  const options = { ...sealing, recipients: [recipient], length: content.length };
  {
    using sealer = await DstSealer.begin(primitives, systemRandom, options);
    sealer.push(content.subarray(0, 50_000));
  }
  const file = await sealDst(primitives, systemRandom, options, content);
  {
    using opener = await DstOpener.begin(primitives, file, [identity]);
    opener.push(file.subarray(opener.payloadAt, opener.payloadAt + 20_000));
  }
  const failing: Recipient = { ...recipient, wrap: () => Promise.reject(new Error('no')) };
  await assert.rejects(DstSealer.begin(primitives, systemRandom, { ...options, recipients: [recipient, failing] }));
  watch.checkForgotten('not finished');
});

test('files of age leave no key behind', async () => {
  const watch = new Watch(seed, statics[0]);
  const { primitives } = watch;
  const keys = (['x25519', 'hybrid'] as const).map((kind) => ({ kind, secret: seed }));
  const owners: (readonly [Recipient, Identity])[] = keys.map((key) => [
    ageRecipient(primitives, systemRandom, agePublicKeyOf(nodePrimitives, key)),
    ageIdentity(primitives, key),
  ]);
  owners.push([
    agePassphraseRecipient(primitives, systemRandom, 'open sesame', 4),
    agePassphraseIdentity(primitives, 'open sesame'),
  ]);
  const strangers = [
    ...keys.map(({ kind }) => ageIdentity(primitives, { kind, secret: statics[0] })),
    agePassphraseIdentity(primitives, 'Open sesame'),
  ];
  for (const [recipient, identity] of owners) {
    const file = await sealAge(primitives, systemRandom, [recipient], content);
    await openAge(primitives, file, [identity]);
    const damaged = file.with(file.length - 1, (file.at(-1) as number) ^ 1);
    await assert.rejects(openAge(primitives, damaged, [identity]), { code: 'SEALED_DAMAGED' });
    await assert.rejects(openAge(primitives, file, strangers), { code: /^SEALED_(NO_KEY|PASSPHRASE)$/ });
    {
      using sealer = await AgeSealer.begin(primitives, systemRandom, [recipient]);
      sealer.push(content);
      using opener = await AgeOpener.begin(primitives, file, [identity]);
      opener.push(file.subarray(opener.payloadAt, opener.payloadAt + 70_000));
    }
  }
  assert.ok(watch.checkForgotten('age') > 20);
});

const noiseWatch = (): Watch => new Watch(...statics, ...statics.map((one) => nodePrimitives.x25519.publicKeyOf(one)));

function noiseSide({ primitives }: Watch, isInitiator: boolean, psk = seed): NoiseHandshake {
  const options: NoiseOptions = {
    pattern: 'XXhfs+psk3',
    cipher: 'AESGCM',
    isInitiator,
    prologue: utf8('x'),
    staticKey: statics[isInitiator ? 0 : 1],
    psk,
  };
  return new NoiseHandshake(primitives, systemRandom, options);
}

test('a handshake of Noise leaves no key behind, whether it comes about or not', () => {
  const watch = noiseWatch();
  const side = (isInitiator: boolean, psk = seed): NoiseHandshake => noiseSide(watch, isInitiator, psk);
  const nothing = new Uint8Array(0);
  const say = (from: NoiseHandshake, to: NoiseHandshake): Uint8Array | null =>
    to.read(from.write(nothing) as Uint8Array);
  const [a, b] = [side(true), side(false)];
  for (const [from, to] of [
    [a, b],
    [b, a],
    [a, b],
  ] as const)
    assert.notEqual(say(from, to), null);
  const ends = [a.finish(), b.finish()];
  assert.deepEqual(ends[1]?.receive.open(ends[0]?.send.seal(content) as Uint8Array), content);
  for (const { send, receive } of ends) for (const state of [send, receive]) state[Symbol.dispose]();
  assert.ok(watch.checkForgotten('done') > 20);
  assert.throws(() => a.finish());
  assert.throws(() => ends[0]?.send.seal(content), /forgotten/);
  assert.throws(() => ends[0]?.receive.open(content), /forgotten/);

  const [c, d] = [side(true), side(false, systemRandom.bytes(32))];
  for (const [from, to] of [
    [c, d],
    [d, c],
  ] as const)
    assert.notEqual(say(from, to), null);
  assert.equal(say(c, d), null);
  assert.deepEqual([d.isOurTurn, d.read(nothing)], [false, null]);
  c[Symbol.dispose](); // It does not know that it has failed.
  watch.checkForgotten('failed');
});

/** A connection under Noise, one end of which is closed or breaks: by its user, or by what is below it. */
const endings: Readonly<Record<string, (end: Connection, below: Connection) => void>> = {
  'its user has closed it': (end) => end.close(),
  'something that comes was altered': (_, below) => void below.send(new Uint8Array(200)),
  'it breaks': (_, below) => below.close(),
};

for (const [how, end] of Object.entries(endings)) {
  test(`a connection under Noise forgets its keys when ${how}, and sends nothing more`, async () => {
    const watches = [noiseWatch(), noiseWatch()] as const;
    const { outgoing, incoming } = MemoryConnection.pair({ host: '10.0.0.1', port: 1 }, { host: '10.0.0.2', port: 1 });
    const { close } = outgoing;
    /** Whether its keys were gone when it closed what is below it: then nothing can be sealed any more. */
    const inTime: boolean[] = [];
    outgoing.close = () => {
      inTime.push(watches[0].hasForgotten);
      close.call(outgoing);
    };
    const swarm = { infoHash: new Uint8Array(20), secret: { psk: seed, transport: 'required' } } as const;
    const [near, far] = await Promise.all([
      NoiseConnection.establish(outgoing, {
        handshake: noiseSide(watches[0], true),
        swarm,
        opening: new Uint8Array(16),
      }),
      NoiseConnection.establish(incoming, { handshake: noiseSide(watches[1], false), swarm, opening: 16 }),
    ]);
    const ended = [near, far].map((side) => new Promise((over) => side.open({ data() {}, drain() {}, close: over })));
    near.send(content);
    assert.equal(watches[0].hasForgotten, false);
    end(near, incoming);
    await Promise.all(ended);
    if (how !== 'it breaks') assert.equal(inTime[0], true);
    for (const watch of watches) watch.checkForgotten(how);
    for (const side of [near, far]) await new Promise<void>((sent) => assert.equal(side.send(content, sent), false));
  });
}

test('memory for secrets lies where the engine does not move it', () => {
  const sealed = nodePrimitives.aes256Gcm.seal(seed, seed.subarray(0, 12), seed);
  const all = {
    random: systemRandom.bytes(32),
    memory: secretMemory(32),
    copy: concatSecret([seed]),
    unwrapped: nodePrimitives.aes256Gcm.open(seed, seed.subarray(0, 12), sealed) as Uint8Array,
  };
  for (const [name, bytes] of Object.entries(all)) {
    const before = process.memoryUsage().arrayBuffers;
    assert.equal(bytes.buffer.byteLength, 32); // Asking moves what lies in the heap out of it.
    assert.ok(process.memoryUsage().arrayBuffers <= before, name);
  }
});
