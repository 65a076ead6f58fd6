/** The one API key that a user of a qBittorrent has: here a token with a name of its own, for admins, as there. */
import type { StoredToken } from '../../access/index.ts';
import { type Call, changes, type Endpoints } from './endpoint.ts';

const NAME = 'API key of qBittorrent';

async function removeKeys({ access, caller }: Call): Promise<void> {
  const isKey = ({ name, owner }: StoredToken): boolean => name === NAME && owner === caller.user;
  for (const { hash } of access.tokens().filter(isKey)) await access.revokeToken(hash);
}

async function rotate(call: Call): Promise<object> {
  await removeKeys(call);
  const { access, caller } = call;
  const { token } = await access.addToken({ name: NAME, scope: caller.scope, owner: caller.user, expiresAt: null });
  return { apiKey: token };
}

export const apiKeyEndpoints: Endpoints = {
  'app/deleteAPIKey': changes(removeKeys, 'admin'),
  'app/rotateAPIKey': changes(rotate, 'admin'),
};
