/** What `dst key` shows of keys, for people and as JSON. */
import { ageFingerprint, type ListedKey, type PublicKeys, rsaFingerprint } from '../../app/keys/index.ts';
import type { PublicIdentity } from '../../codec/identity/index.ts';
import { escapeText } from './escape.ts';
import { formatDate } from './format.ts';
import { renderRows, type Row } from './rows.ts';

export function describePublic({ fingerprint, name, created, rsa }: PublicIdentity): object {
  return { fingerprint, name, created, rsa: rsa !== null };
}

export function describeKeys(keys: PublicKeys): object {
  if (keys.kind === 'rsa') return { kind: keys.kind, fingerprint: rsaFingerprint(keys.spki) };
  if (keys.kind === 'age') {
    return {
      kind: keys.kind,
      keys: keys.keys.map((key) => ({ algorithm: key.kind, fingerprint: ageFingerprint(key) })),
    };
  }
  const rotations = keys.rotations.map(({ created, from, to }) => ({
    created,
    from: from.fingerprint,
    to: to.fingerprint,
  }));
  return { kind: keys.kind, ...describePublic(keys.identity), rotations };
}

export function renderKeys(keys: PublicKeys, label: (text: string) => string): string[] {
  if (keys.kind === 'rsa')
    return renderRows(
      [
        ['Fingerprint', rsaFingerprint(keys.spki)],
        ['Keys', 'RSA-4096'],
      ],
      label,
    );
  if (keys.kind === 'age') {
    return keys.keys.flatMap((key) =>
      renderRows(
        [
          ['Fingerprint', ageFingerprint(key)],
          ['Keys', `${key.kind === 'x25519' ? 'X25519' : 'ML-KEM-768 + X25519'} (age)`],
        ],
        label,
      ),
    );
  }
  const { identity, rotations } = keys;
  const rows: Row[] = [
    ['Name', identity.name === null ? null : escapeText(identity.name)],
    ['Fingerprint', identity.fingerprint],
    ['Created', formatDate(identity.created)],
    [
      'Keys',
      [
        'signs: ML-DSA-65 + Ed25519',
        'opens: ML-KEM-768 + X25519',
        ...(identity.rsa === null ? [] : ['opens: ML-KEM-768 + RSA-4096']),
      ],
    ],
    ['Rotated', rotations.map(({ created, from }) => `${formatDate(created)} from ${from.fingerprint}`)],
  ];
  return renderRows(rows, label);
}

/** A key a line: its name in the key folder, its fingerprint, whose it is. */
export function renderList(keys: readonly ListedKey[]): string[] {
  const width = Math.max(...keys.map(({ key }) => key.length));
  return keys.map(({ key, isOwn, identity }) => {
    const fingerprint = identity?.fingerprint ?? 'no public key file that can be read';
    const name = identity?.name ?? null;
    return `${key.padEnd(width)}  ${fingerprint}${isOwn ? '  own' : ''}${name === null ? '' : `  ${escapeText(name)}`}`;
  });
}
