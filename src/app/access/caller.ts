/** Who makes a request, and what that allows. */
import { type Role, type Scope, scopes } from './access-store.ts';

export interface Caller {
  /** How it was proved: the socket of this user's own machine, a cookie, a password, a token, a ticket for one path. */
  readonly kind: 'socket' | 'session' | 'password' | 'token' | 'ticket';
  /** Of the user or the token, for the log. */
  readonly name: string;
  /** The user, or whose token it is; null: whoever has this machine. */
  readonly user: string | null;
  readonly scope: Scope;
  /** What a request with a cookie shows too when it changes something; null with other kinds. */
  readonly csrf: string | null;
  /** False from when on it was revoked, has expired or was logged out: for connections that stay open. */
  isValid(): boolean;
}

const scopesOfRoles: Readonly<Record<Role, Scope>> = { viewer: 'read', operator: 'control', admin: 'admin' };

export const scopeOf = (role: Role): Scope => scopesOfRoles[role];

/** Whether the one scope includes the other. */
export const allows = (held: Scope, needed: Scope): boolean => scopes.indexOf(held) >= scopes.indexOf(needed);

export const lesserScope = (a: Scope, b: Scope): Scope => (allows(a, b) ? b : a);
