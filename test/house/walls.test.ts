/** The walls stand: a small tree of files that breaks each import rule once, checked with the project's own rules. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const tree = mkdtempSync(join(tmpdir(), 'dst-walls-'));
after(() => rmSync(tree, { recursive: true, force: true }));

/** File → what it imports (or its whole text). */
const files: Record<string, string[]> = {
  'src/base/clock.ts': [],
  'src/base/upward.ts': ['../engine/index.ts'],
  'src/codec/wire/index.ts': ['./messages.ts'],
  'src/codec/wire/messages.ts': ['../../base/clock.ts'],
  'src/codec/wire/own-index.ts': ['./index.ts'],
  'src/codec/wire/neighbour.ts': ['../bencode/decode.ts'],
  'src/codec/bencode/index.ts': ['./decode.ts'],
  'src/codec/bencode/decode.ts': ['node:fs'],
  'src/codec/wire/sealed.ts': ['../../crypto/primitives.ts'],
  'src/codec/dst/index.ts': ['../../crypto/primitives.ts', '../../crypto/native/aead.ts'],
  'src/codec/age/index.ts': ['../../crypto/portable/aead.ts'],
  'src/crypto/primitives.ts': [],
  'src/crypto/digests.ts': ['node:crypto'],
  'src/crypto/hpke.ts': ['node:crypto', '@noble/ciphers'],
  'src/crypto/noise/handshake.ts': ['../primitives.ts', '../native/aead.ts'],
  'src/crypto/native/aead.ts': ['node:crypto', '../primitives.ts', '@noble/ciphers', '../portable/kem.ts'],
  'src/crypto/portable/aead.ts': ['@noble/ciphers', '../primitives.ts', 'node:crypto', 'other'],
  'src/crypto/portable/kem.ts': [],
  'src/engine/index.ts': ['./session/session.ts'],
  'src/engine/session/session.ts': ['../../codec/wire/index.ts', '../../base/clock.ts', '../torrent/torrent.ts'],
  'src/engine/torrent/torrent.ts': ['../../codec/wire/messages.ts'],
  'src/engine/torrent/own-index.ts': ['../index.ts'],
  'src/engine/torrent/tested.ts': ['./torrent.test.ts', '../../../test/sim/peer.ts'],
  'src/engine/torrent/torrent.test.ts': ['node:test', '../../codec/wire/messages.ts', '../../../test/sim/peer.ts'],
  'src/net/egress/index.ts': ['node:net', 'node:dgram', 'node:dns/promises'],
  'src/net/tcp/index.ts': ['node:net', '../egress/index.ts'],
  'src/discovery/index.ts': ['type node:net'],
  'src/discovery/dht.ts': ['node:dgram', 'node:net'],
  'src/discovery/names.ts': ['node:dns/promises', 'node:dns'],
  'src/app/index.ts': ['../engine/index.ts', './api/index.ts', './api/routes.ts'],
  'src/app/api/index.ts': ['./routes.ts'],
  'src/app/api/routes.ts': ['./cycle.ts'],
  'src/app/api/cycle.ts': ['type ./routes.ts'],
  'src/app/crypto.ts': ['../crypto/native/aead.ts', '@noble/ciphers', 'other'],
  'src/cli/main.ts': ['../app/index.ts', 'type ../codec/wire/index.ts'],
  'src/cli/codec-value.ts': ['../codec/wire/index.ts'],
  'src/cli/too-low.ts': ['../engine/index.ts'],
  'src/newcomer/index.ts': ['../base/clock.ts'],
  'test/sim/peer.ts': ['../../src/engine/torrent/torrent.ts'],
};

/** Packages that the tree has. */
const packages = { '@noble/ciphers': '1.0.0', other: '1.0.0' };

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

function findViolations(): string[] {
  for (const [file, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    const lines = imports.map((path, i) =>
      path.startsWith('type ')
        ? `import type { a as a${i} } from '${path.slice(5)}';`
        : `import { a as a${i} } from '${path}';`,
    );
    writeFileSync(join(tree, file), [...lines, 'export const a = 1;', ''].join('\n'));
  }
  writeFileSync(join(tree, 'package.json'), JSON.stringify({ type: 'module', dependencies: packages }));
  for (const name of Object.keys(packages)) {
    const folder = join(tree, 'node_modules', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    writeFileSync(join(folder, 'index.js'), '');
  }
  copyFileSync(join(root, '.dependency-cruiser.cjs'), join(tree, '.dependency-cruiser.cjs'));
  const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
  const { stdout } = spawnSync(process.execPath, [cruiser, 'src', 'test', '--output-type', 'json'], {
    cwd: tree,
    encoding: 'utf8',
  });
  const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`);
}

const violations = new Set(findViolations());

/** Each forbidden import of the tree, by the rule that it breaks. */
const forbidden: readonly (readonly [title: string, violation: string])[] = [
  ['an upward import', 'wall-base: src/base/upward.ts → src/engine/index.ts'],
  ['an import past the layer below', 'wall-cli: src/cli/too-low.ts → src/engine/index.ts'],
  ['a value taken by the CLI from a codec', 'wall-cli-codec: src/cli/codec-value.ts → src/codec/wire/index.ts'],
  ['a deep import into another layer', 'door: src/engine/torrent/torrent.ts → src/codec/wire/messages.ts'],
  ['a deep import into a neighbour folder', 'sub-door: src/codec/wire/neighbour.ts → src/codec/bencode/decode.ts'],
  ['a deep import from a layer’s root into its folder', 'sub-door: src/app/index.ts → src/app/api/routes.ts'],
  ['an import of the own index', 'own-sub-index: src/codec/wire/own-index.ts → src/codec/wire/index.ts'],
  ['an import of the own layer’s index', 'own-index: src/engine/torrent/own-index.ts → src/engine/index.ts'],
  ['a type-only cycle', 'no-cycle: src/app/api/cycle.ts → src/app/api/routes.ts'],
  ['a node: module in the runtime-neutral core', 'runtime-neutral: src/codec/bencode/decode.ts → fs'],
  ['crypto taken by a codec that does not seal', 'codec-crypto: src/codec/wire/sealed.ts → src/crypto/primitives.ts'],
  ['an implementation chosen by a codec', 'crypto-port: src/codec/dst/index.ts → src/crypto/native/aead.ts'],
  ['the portable one too', 'crypto-port: src/codec/age/index.ts → src/crypto/portable/aead.ts'],
  [
    'one chosen by what is built of primitives',
    'crypto-port: src/crypto/noise/handshake.ts → src/crypto/native/aead.ts',
  ],
  ['one implementation in the other', 'crypto-twins: src/crypto/native/aead.ts → src/crypto/portable/kem.ts'],
  ['a node: module in the pure part of crypto', 'portable-crypto: src/crypto/hpke.ts → crypto'],
  ['a node: module in the portable primitives', 'portable-packages: src/crypto/portable/aead.ts → crypto'],
  [
    'a package but @noble in the portable primitives',
    'portable-packages: src/crypto/portable/aead.ts → node_modules/other/index.js',
  ],
  ['@noble beside them', 'noble: src/crypto/hpke.ts → node_modules/@noble/ciphers/index.js'],
  ['@noble in the native primitives', 'noble: src/crypto/native/aead.ts → node_modules/@noble/ciphers/index.js'],
  ['@noble in the application', 'noble: src/app/crypto.ts → node_modules/@noble/ciphers/index.js'],
  [
    'a package in the library half',
    'library-without-packages: src/crypto/hpke.ts → node_modules/@noble/ciphers/index.js',
  ],
  [
    'a package in the native primitives',
    'library-without-packages: src/crypto/native/aead.ts → node_modules/@noble/ciphers/index.js',
  ],
  ['a socket for datagrams opened past the egress', 'egress: src/discovery/dht.ts → dgram'],
  ['a connection made past the egress', 'egress-tcp: src/discovery/dht.ts → net'],
  ['a look-up past the egress', 'egress: src/discovery/names.ts → dns/promises'],
  ['one of the older module', 'egress: src/discovery/names.ts → dns'],
  ['a test imported by source', 'no-test-in-source: src/engine/torrent/tested.ts → src/engine/torrent/torrent.test.ts'],
  ['a test helper imported by source', 'no-test-in-source: src/engine/torrent/tested.ts → test/sim/peer.ts'],
  ['a layer without a row in the table', 'unknown-layer: src/newcomer/index.ts → src/base/clock.ts'],
];

for (const [title, violation] of forbidden) {
  test(`${title} fails the layer check`, () => {
    assert.ok(violations.delete(violation), violation);
  });
}

test('every other import of the tree passes', () => {
  assert.deepEqual([...violations], []);
});
