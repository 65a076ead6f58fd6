/**
 * The walls (ARCHITECTURE.md, "Who may import whom"), checked by `npm run check`. Type-only imports count: a type
 * that leaks upwards ties two layers together as surely as a call. Tests may reach anything; nothing may reach them.
 */
'use strict';

/** Layer → the layers that it may import besides itself. A folder of src/ that is not listed here fails. */
const mayImport = {
  base: [],
  codec: ['base', 'crypto'],
  crypto: ['base'],
  net: ['base', 'codec', 'crypto'],
  storage: ['base', 'codec', 'crypto'],
  db: ['base'],
  discovery: ['base', 'codec', 'crypto', 'net'],
  engine: ['base', 'codec', 'crypto', 'net', 'storage', 'discovery'],
  tracker: ['base', 'codec'],
  app: ['base', 'codec', 'crypto', 'net', 'storage', 'discovery', 'engine', 'tracker', 'db'],
  cli: ['base', 'codec', 'app'],
};
const layers = Object.keys(mayImport);

/** Layers that know no `node:` module: they run in Node, in the simulation and in a browser. */
const runtimeNeutral = 'base|codec|engine|tracker';
/** Sub-folders of codec/ that encrypt and sign, over the ports of crypto/. */
const sealing = 'dst|sealed|age|identity';
/** The library half takes no package from npm, but for crypto/portable. */
const library = 'base|codec|crypto|net|storage|discovery|engine|tracker';
/** Layers whose sub-folders are doors of their own; any other layer has the one door `index.ts`. */
const subdivided = 'codec|net|storage|discovery|app';
/** Layers without a door: imported by file. */
const doorless = 'base|crypto';

const tests = String.raw`(\.test\.ts$|^test/|^bench/)`;
const source = (layer) => ({ path: `^src/(${layer})/`, pathNot: tests });
const portable = '^src/crypto/portable/';
/** Crypto that knows neither Node nor packages: the ports, and what is built of them. */
const pureCrypto = {
  path: '^src/crypto/',
  pathNot: [tests, portable, '^src/crypto/native/', '^src/crypto/digests[.]ts$'],
};
const withoutPackages = { path: `^src/(${library})/`, pathNot: [tests, portable] };
const error = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

module.exports = {
  forbidden: [
    ...layers.map((layer) =>
      error(`wall-${layer}`, `${layer}/ may import only: ${mayImport[layer].join(', ') || 'itself'}.`, source(layer), {
        path: '^src/',
        pathNot: `^src/(${[layer, ...mayImport[layer]].join('|')})/`,
      }),
    ),
    error('wall-cli-codec', 'cli/ sees only types of codec/: the work is done by app/.', source('cli'), {
      path: '^src/codec/',
      dependencyTypesNot: ['type-only'],
    }),
    error(
      'unknown-layer',
      'A new folder of src/ needs its row in the table of .dependency-cruiser.cjs.',
      {
        path: `^src/(?!(${layers.join('|')})/)[^/]+/`,
      },
      {},
    ),
    error(
      'door',
      'Another folder is entered only by its index.ts.',
      { path: '^src/([^/]+)/', pathNot: tests },
      {
        path: `^src/(?!$1/)(?!(${doorless})/)[^/]+/.+`,
        pathNot: String.raw`^src/([^/]+|(${subdivided})/[^/]+)/index\.ts$`,
      },
    ),
    error(
      'sub-door',
      'A sub-folder with a door of its own is entered only by its index.ts.',
      {
        path: `^src/(${subdivided})/([^/]+)(/|$)`,
        pathNot: tests,
      },
      {
        path: String.raw`^src/$1/(?!$2/)[^/]+/(?!index\.ts$)`,
      },
    ),
    error(
      'own-index',
      'Inside a folder import the file itself: barrels are how import knots begin.',
      {
        path: '^src/([^/]+)/',
        pathNot: tests,
      },
      {
        path: String.raw`^src/$1/index\.ts$`,
      },
    ),
    error(
      'own-sub-index',
      'Inside a folder import the file itself.',
      {
        path: '^src/([^/]+/[^/]+)/',
        pathNot: tests,
      },
      {
        path: String.raw`^src/$1/index\.ts$`,
      },
    ),
    error('runtime-neutral', 'This layer runs outside Node too: take it in through a port.', source(runtimeNeutral), {
      dependencyTypes: ['core'],
    }),
    error(
      'codec-crypto',
      `Of codec/ only ${sealing.replaceAll('|', ', ')} know crypto/.`,
      { path: `^src/codec/(?!(${sealing})/)`, pathNot: tests },
      { path: '^src/crypto/' },
    ),
    error(
      'crypto-port',
      'Take the primitives as a port: who composes chooses the implementation.',
      { path: ['^src/codec/', '^src/crypto/(?!(native|portable)/)'], pathNot: tests },
      { path: '^src/crypto/(native|portable)/' },
    ),
    error(
      'crypto-twins',
      'The implementations of the primitives do not know each other.',
      { path: '^src/crypto/(native|portable)/', pathNot: tests },
      { path: '^src/crypto/(native|portable)/', pathNot: '^src/crypto/$1/' },
    ),
    error('portable-crypto', 'Only crypto/native knows Node: the rest of crypto/ runs outside it too.', pureCrypto, {
      dependencyTypes: ['core'],
    }),
    error(
      'portable-packages',
      'crypto/portable knows @noble and nothing else, neither of Node nor of npm.',
      { path: portable, pathNot: tests },
      { dependencyTypes: ['core', 'npm', 'npm-optional', 'npm-peer'], pathNot: '^node_modules/@noble/' },
    ),
    error(
      'noble',
      'Only crypto/portable knows @noble.',
      { path: '^src/', pathNot: [tests, portable] },
      { path: '^node_modules/@noble/' },
    ),
    error(
      'egress',
      'Sockets of torrents are opened, and names are looked up, by net/egress: what goes past it escapes its restriction.',
      { path: '^src/(net|discovery)/', pathNot: [tests, '^src/net/egress/'] },
      { path: '^(dgram|dns|dns/promises)$' },
    ),
    error(
      'egress-tcp',
      'Connect by an egress (net/egress); only net/tcp, which accepts, makes sockets besides.',
      { path: '^src/(net|discovery)/', pathNot: [tests, '^src/net/(egress|tcp)/'] },
      { path: '^net$', dependencyTypesNot: ['type-only'] },
    ),
    error('library-without-packages', 'The library half depends on nothing but Node.', withoutPackages, {
      dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
    }),
    error(
      'no-dev-dependency',
      'Published code may not need a development dependency.',
      { path: '^src/', pathNot: tests },
      {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      },
    ),
    error(
      'no-test-in-source',
      'Source may not import tests, benchmarks or scripts.',
      { path: '^src/', pathNot: tests },
      {
        path: String.raw`(\.test\.ts$|^test/|^bench/|^scripts/)`,
      },
    ),
    error('no-cycle', 'Import cycles, type-only ones included, make files inseparable.', {}, { circular: true }),
    error('unresolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|[.]cache)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
