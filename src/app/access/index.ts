/** Door of who may use the client: users, tokens, sessions. */
export { Access, type FirstUser } from './access.ts';
export {
  type AccessStore,
  type Role,
  roles,
  type Scope,
  scopes,
  type StoredToken,
  type StoredUser,
} from './access-store.ts';
export { allows, type Caller } from './caller.ts';
export { accessErrors } from './errors.ts';
