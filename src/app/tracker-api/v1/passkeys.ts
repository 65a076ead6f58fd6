/** Passkeys, by which the announces of an account are known. */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { toHex } from '../../../base/bytes.ts';
import type { Passkey } from '../../../db/index.ts';
import { apiError, hashOfSecret } from '../../http-api/index.ts';
import { nothing, seconds, wholeNumber } from '../../openapi/index.ts';
import { existing } from './accounts.ts';
import { type ApiContext, addChange, addReading } from './route.ts';
import { pageOf, remark, secretId } from './schemas.ts';

/** Bytes of chance in a passkey, which is their hex: nobody guesses 128 bits. */
const PASSKEY_BYTES = 16;

const passkey = z
  .object({
    id: z.string().describe('64 hexadecimal digits'),
    label: z.string(),
    createdAt: seconds,
    revokedAt: seconds.nullable().describe('unix seconds; null: it is valid'),
  })
  .meta({ id: 'Passkey' });
const newPasskey = passkey.extend({
  passkey: z.string().describe('the passkey itself; it is told only now'),
});
const ofAccount = z.strictObject({ id: wholeNumber(1) });

const view = ({ hash, label, createdAt, revokedAt }: Passkey): z.output<typeof passkey> => ({
  id: toHex(hash),
  label,
  createdAt,
  revokedAt,
});

/** A passkey as the log names it. */
const naming = ({ hash, accountId, label }: Passkey): object => ({ passkeyId: toHex(hash), accountId, label });

export function addPasskeys(context: ApiContext): void {
  const { accounts, passkeys } = context.service.repository;
  addReading(context, {
    path: '/accounts/:id/passkeys',
    scope: 'accounts:read',
    summary: 'Lists the passkeys of an account, revoked ones too, oldest first',
    params: ofAccount,
    result: pageOf(passkey, z.string()),
    handle: async ({ params }) => {
      const { id } = existing(await accounts.find(params.id));
      return { items: (await passkeys.list(id)).map(view), next: null };
    },
  });
  addChange(context, {
    method: 'POST',
    path: '/accounts/:id/passkeys',
    scope: 'accounts:write',
    summary: 'Makes a passkey for an account and tells it, this once',
    params: ofAccount,
    body: z.strictObject({ label: remark.default('') }),
    status: 201,
    result: newPasskey,
    handle: async ({ params, body }) => {
      const { id: accountId } = existing(await accounts.find(params.id));
      const secret = randomBytes(PASSKEY_BYTES).toString('hex');
      const created = await passkeys.create({ hash: hashOfSecret(secret), accountId, label: body.label });
      return { answer: { ...view(created), passkey: secret }, changed: naming(created) };
    },
  });
  addChange(context, {
    method: 'DELETE',
    path: '/passkeys/:id',
    scope: 'accounts:write',
    summary: 'Revokes a passkey',
    params: z.strictObject({ id: secretId }),
    status: 204,
    result: nothing,
    handle: async ({ params }) => {
      const revoked = await passkeys.revoke(params.id);
      if (revoked === null) throw apiError('API_NOT_FOUND', 'there is no valid passkey of this id');
      return { changed: naming(revoked) };
    },
  });
}
