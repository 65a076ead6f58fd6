/** Passwords as they are kept: Argon2id (RFC 9106) in the PHC string format, so that the costs can change some day. */
import { utf8 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { Argon2Costs, Primitives } from '../../crypto/primitives.ts';
import { accessError } from './errors.ts';

/**
 * About 60 ms on a core of 2026, and twice what OWASP asks for at least (19 MiB, 2 passes). More passes rather than more
 * memory: a login should not double what an idle client needs.
 */
const COSTS: Argon2Costs = { memory: 19_456, passes: 4, lanes: 1 };
/** What a stored hash may ask for: one that was put into the database by other hands does no harm. */
const HIGHEST: Argon2Costs = { memory: 256 * 1024, passes: 16, lanes: 4 };
const SALT_BYTES = 16;
/** Characters of a password. */
const SHORTEST = 10;
const LONGEST = 256;

export type PasswordPrimitives = Pick<Primitives, 'argon2id' | 'equal'>;

/** Argon2id is asked to be wrong in as much time for a user that there is not. */
export const NOBODYS_HASH: string = encode(COSTS, new Uint8Array(SALT_BYTES), new Uint8Array(32));

/** Rejects ACCESS_WEAK_PASSWORD. */
export async function hashPassword(
  { argon2id }: PasswordPrimitives,
  random: Pick<Random, 'bytes'>,
  password: string,
): Promise<string> {
  if (password.length < SHORTEST || password.length > LONGEST) {
    throw accessError('ACCESS_WEAK_PASSWORD', `a password has ${SHORTEST} to ${LONGEST} characters`);
  }
  const salt = random.bytes(SALT_BYTES);
  return encode(COSTS, salt, await argon2id(bytesOf(password), salt, COSTS));
}

/** Whether a hash was made of the password. False also for a hash that is none. */
export async function isPassword(
  { argon2id, equal }: PasswordPrimitives,
  stored: string,
  password: string,
): Promise<boolean> {
  const read = decode(stored);
  if (read === null || password.length > LONGEST) return false;
  return equal(await argon2id(bytesOf(password), read.salt, read.costs), read.hash);
}

/** The same letters come from other keyboards in other pieces. */
const bytesOf = (password: string): Uint8Array => utf8(password.normalize('NFC'));

/** Without padding, as the PHC format has it. */
function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

function encode({ memory, passes, lanes }: Argon2Costs, salt: Uint8Array, hash: Uint8Array): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$${base64(salt)}$${base64(hash)}`;
}

function decode(stored: string): { costs: Argon2Costs; salt: Uint8Array; hash: Uint8Array } | null {
  const match = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z\d+/]{22})\$([A-Za-z\d+/]{43})$/.exec(
    stored,
  );
  if (match === null) return null;
  const [memory, passes, lanes] = match.slice(1, 4).map(Number) as [number, number, number];
  const isBounded = memory <= HIGHEST.memory && passes <= HIGHEST.passes && lanes <= HIGHEST.lanes;
  if (!isBounded || passes < 1 || lanes < 1 || memory < 8 * lanes) return null;
  const [salt, hash] = match.slice(4).map((text) => new Uint8Array(Buffer.from(text, 'base64')));
  return { costs: { memory, passes, lanes }, salt: salt as Uint8Array, hash: hash as Uint8Array };
}
