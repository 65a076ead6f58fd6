/** A new identity in the place of an old one. */
import { stat } from 'node:fs/promises';
import { systemClock } from '../../base/clock.ts';
import { type Rotation, signRotation } from '../../codec/identity/index.ts';
import { nodePrimitives } from '../../crypto/native/node-primitives.ts';
import { publicPathOf } from './key-folder.ts';
import { readPublicKeys } from './public-keys.ts';
import type { UnlockedIdentity } from './unlocked-identity.ts';

/**
 * The rotations that lead to `to`: those in the public key file beside the private one at `path`, if there is one, and
 * the new one. Rejects KEY_*, IDENTITY_*.
 */
export async function rotateIdentity(path: string, from: UnlockedIdentity, to: UnlockedIdentity): Promise<Rotation[]> {
  const created = systemClock.wall();
  const identities = { from: from.publicIdentity, to: to.publicIdentity };
  const signers = { from: from.signer, to: to.signer };
  return [...(await earlierRotations(path)), signRotation(nodePrimitives, { created, ...identities }, signers)];
}

async function earlierRotations(path: string): Promise<readonly Rotation[]> {
  const publicPath = publicPathOf(path);
  if ((await stat(publicPath).catch(() => null)) === null) return [];
  const keys = await readPublicKeys(publicPath);
  return keys.kind === 'identity' ? keys.rotations : [];
}
