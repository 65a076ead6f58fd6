import { errorsOf } from '../base/errors.ts';

export const dbErrors = {
  DB_BAD_URL: {
    category: 'usage',
    help: 'The database address is not understood. Give a path, sqlite:/path/file.db, :memory: or postgres://user@host/name.',
  },
  DB_OPEN_FAILED: {
    category: 'storage',
    help: 'The database cannot be opened. Check that its folder exists and may be written, or with PostgreSQL the name of the database, the user and the password.',
  },
  DB_UNREACHABLE: {
    category: 'network',
    retryable: true,
    help: 'The database server does not answer or ended the connection. Check that it runs; a change that was under way may have been made.',
  },
  DB_TOO_NEW: {
    category: 'usage',
    help: 'A newer version of this program wrote the database. Use that version or a later one; nothing was changed.',
  },
  DB_MIGRATION_FAILED: {
    category: 'storage',
    help: 'The database could not be brought to the form that this version needs; it is as it was. The details name the cause and the backup that was made.',
  },
  DB_BUSY: {
    category: 'storage',
    retryable: true,
    help: 'Another process holds the database for too long. Nothing was changed; try again.',
  },
  DB_FULL: {
    category: 'storage',
    retryable: true,
    help: 'The disk of the database is full. Free some space; nothing of this change was made.',
  },
  DB_DAMAGED: {
    category: 'integrity',
    help: 'The file is damaged or no database of this program. Put a backup in its place.',
  },
  DB_DUPLICATE: {
    category: 'usage',
    help: 'Something of the same name or key exists already. Choose another name, or change what exists.',
  },
  DB_CONSTRAINT: {
    category: 'usage',
    help: 'A value breaks a rule of the database, for instance the length of an info hash or an account that does not exist. Nothing was changed.',
  },
  DB_CLOSED: {
    category: 'internal',
    help: 'The database was used after it had been closed. This is a defect: please report it.',
  },
  DB_FAILED: {
    category: 'storage',
    help: 'The database refused an operation for a reason of its own, which the message and the details give.',
  },
} as const;

export const dbError: ReturnType<typeof errorsOf<typeof dbErrors>> = errorsOf(dbErrors);
