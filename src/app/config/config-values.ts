/** Kinds of values that configurations have, as schemas with their words. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { formatHost, parseHost } from '../../base/address.ts';
import { formatPrefix, parsePrefix } from '../../base/address-prefix.ts';
import { readSize } from '../../base/size.ts';
import type { ByteCount } from '../../base/units.ts';
import type { KeyFacts } from './config-schema.ts';

/** What `meta` says of a key. */
export const facts = (known: KeyFacts): Record<string, unknown> => ({ ...known });
/** A whole number between two others. */
export const whole = (least: number, most: number): z.ZodNumber => z.number().int().min(least).max(most);
/** Text that a reader turns into its one form; null from the reader refuses it. */
export const readBy = <T>(read: (text: string) => T | null, form: string): z.ZodType<T> =>
  z
    .string()
    .transform((text, context) => {
      const value = read(text);
      if (value !== null) return value;
      context.addIssue({ code: 'custom', message: form });
      return z.NEVER;
    })
    .meta(facts({ form }));

/** The form of a path, in the words of the schema. */
export const PLACE = 'path; ~/ is your home';

/** The absolute path of a file or folder; `~/` is the home of the user. Spaces belong to names. */
export const place = (): z.ZodType<string> =>
  readBy((text) => (text.trim() === '' ? null : placeBelow(process.cwd(), text)), PLACE).meta(
    facts({ below: placeBelow }),
  );

export const places = (): z.ZodArray<z.ZodType<string>> => z.array(place()).meta(facts({ below: placeBelow }));

const placeBelow = (folder: string, text: string): string =>
  /^~(?=\/|$)/.test(text) ? join(homedir(), text.slice(1)) : resolve(folder, text);

/** An SQLite file, or the address of another database. */
export const database = (): z.ZodType<string> =>
  readBy(
    (text) => (text.trim() === '' ? null : databaseBelow(process.cwd(), text)),
    'path, or postgres://[USER[:PASSWORD]@]HOST[:PORT]/NAME',
  ).meta(facts({ restart: true, secret: true, below: databaseBelow }));

/** One letter and a colon is a drive. */
const databaseBelow = (folder: string, text: string): string =>
  /^(?:[a-z][a-z\d+.-]+:|:memory:$)/i.test(text) ? text : placeBelow(folder, text);

/** An IP address in its one form. */
export const ipAddress = (): z.ZodType<string> => readBy(readHost, 'IP address such as 192.0.2.1 or 2001:db8::1');

function readHost(text: string): string | null {
  const bytes = parseHost(text.trim());
  return bytes === null ? null : formatHost(bytes);
}

/** A range of addresses (CIDR) in its one form. */
export const addressRange = (): z.ZodType<string> =>
  readBy(readPrefix, 'address or range such as 10.0.0.0/8 or 2001:db8::/32');

function readPrefix(text: string): string | null {
  const prefix = parsePrefix(text.trim());
  return prefix === null ? null : formatPrefix(prefix);
}

/** A DNS name or an address, as in a `Host` header without its port. */
export const hostName = (): z.ZodType<string> =>
  readBy(readHostName, 'host name without port, such as nas.example.org');

function readHostName(text: string): string | null {
  const name = text.trim().toLowerCase();
  const isName =
    name.length <= 253 && /^(?!-)[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})*$/.test(name) && !/^[\d.]+$/.test(name);
  return isName ? name : readHost(name);
}

/** In text or as a number of bytes. */
export const size = (least: ByteCount): z.ZodType<ByteCount> =>
  z.union([z.number(), z.string()]).transform((given, context) => {
    const bytes = typeof given === 'number' ? given : readSize(given);
    if (bytes !== null && Number.isSafeInteger(bytes) && bytes >= least) return bytes;
    context.addIssue({ code: 'custom', message: 'no size' });
    return z.NEVER;
  });
